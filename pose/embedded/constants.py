"""Reads the constants of a TFLite model, those too that are stored without their zeros."""

from typing import Any

import numpy as np
import tflite

TYPES = {
    tflite.TensorType.FLOAT32: np.float32,
    tflite.TensorType.FLOAT16: np.float16,
    tflite.TensorType.INT32: np.int32,
}
INDEX_VECTORS = {1: tflite.Int32Vector, 2: tflite.Uint16Vector, 3: tflite.Uint8Vector}


def read_constants(model: Any, graph: Any) -> dict[int, np.ndarray]:
    """A TFLite model's constants by the number of their tensor."""
    constants = {}
    for index in range(graph.TensorsLength()):
        tensor = graph.Tensors(index)
        buffer = model.Buffers(tensor.Buffer())
        if buffer.DataLength():
            values = np.frombuffer(buffer.DataAsNumpy().tobytes(), TYPES[tensor.Type()])
            shape = [int(size) for size in tensor.ShapeAsNumpy()] if tensor.ShapeLength() else []
            constants[index] = _densify(tensor, values) if tensor.Sparsity() else values.reshape(shape)
    return constants


def _indices(kind: int, table) -> list[int]:
    vector = INDEX_VECTORS[kind]()
    vector.Init(table.Bytes, table.Pos)
    return [vector.Values(place) for place in range(vector.ValuesLength())]


def _densify(tensor, values: np.ndarray) -> np.ndarray:
    """Spread a sparse constant out: any order of traversal, any blocks."""
    sparsity = tensor.Sparsity()
    shape = [int(size) for size in tensor.ShapeAsNumpy()]
    order = [sparsity.TraversalOrder(level) for level in range(sparsity.TraversalOrderLength())]
    blocks = [sparsity.BlockMap(block) for block in range(sparsity.BlockMapLength())]
    levels = []
    for level in range(sparsity.DimMetadataLength()):
        dimension = sparsity.DimMetadata(level)
        if dimension.Format() == tflite.DimensionType.DENSE:
            levels.append((dimension.DenseSize(), None, None))
        else:
            segments = _indices(dimension.ArraySegmentsType(), dimension.ArraySegments())
            levels.append((0, segments, _indices(dimension.ArrayIndicesType(), dimension.ArrayIndices())))
    rank = len(shape)
    block_sizes = {axis: levels[rank + block][0] for block, axis in enumerate(blocks)}
    dense = np.zeros(shape, values.dtype)
    position = [0] * len(order)
    stored = iter(values)

    def walk(level: int, parent: int) -> None:
        if level == len(order):
            place = [0] * rank
            for depth, axis in enumerate(order):
                if axis < rank:
                    place[axis] += position[depth] * block_sizes.get(axis, 1)
                else:
                    place[blocks[axis - rank]] += position[depth]
            dense[tuple(place)] = next(stored)
            return
        count, segments, indices = levels[level]
        if segments is None or indices is None:
            for index in range(count):
                position[level] = index
                walk(level + 1, parent * count + index)
        else:
            for entry in range(segments[parent], segments[parent + 1]):
                position[level] = indices[entry]
                walk(level + 1, entry)

    walk(0, 0)
    return dense
