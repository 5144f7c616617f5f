"""Turns a TFLite model into an ONNX graph: just the operations that MediaPipe's landmark models use.

Inputs and outputs keep their names and their n h w c layout. Weights stay as they are in the file, mostly half floats,
with a cast that onnxruntime folds away on loading. Inside, pictures are held n c h w, as ONNX wants them.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import onnx
import tflite
from onnx import TensorProto, helper, numpy_helper

from pose.embedded.constants import read_constants

OPERATIONS = {number: name.lower() for name, number in vars(tflite.BuiltinOperator).items() if isinstance(number, int)}


def convert(model: bytes, *, outputs: Sequence[str] = ()) -> onnx.ModelProto:
    """A TFLite file's bytes -> an ONNX model with the named outputs, or with all."""
    return _Converter(model, outputs).run()


def _options(operation, kind):
    """The options of an operation, a union in the file, read as their kind."""
    options = kind()
    table = operation.BuiltinOptions()
    options.Init(table.Bytes, table.Pos)
    return options


class _Converter:
    """One conversion under way. Tensors are known by their index in the file, ONNX values by their name."""

    def __init__(self, model: bytes, outputs: Sequence[str]):
        self.model: Any = tflite.Model.GetRootAsModel(model, 0)  # generated code: its annotations say None throughout
        self.graph: Any = self.model.Subgraphs(0)
        self.outputs = outputs
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.constants = read_constants(self.model, self.graph)
        self.values: dict[int, str] = {}
        self.channels_first: dict[int, bool] = {}
        self.count = 0

    def shape(self, index: int) -> list[int]:
        tensor = self.graph.Tensors(index)
        return [int(size) for size in tensor.ShapeAsNumpy()] if tensor.ShapeLength() else []

    def name(self, index: int) -> str:
        return self.graph.Tensors(index).Name().decode()

    def node(self, kind: str, inputs: Sequence[str], **attributes) -> str:
        output = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def constant(self, values) -> str:
        self.count += 1
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(values), f"constant_{self.count}"))
        return f"constant_{self.count}"

    def weight(self, values: np.ndarray) -> str:
        if values.dtype == np.float16:
            return self.node("Cast", [self.constant(values)], to=TensorProto.FLOAT)
        return self.constant(values.astype(np.float32))

    def first(self, index: int) -> str:
        """A picture, n c h w."""
        if index in self.constants:
            return self.weight(self.constants[index].transpose(0, 3, 1, 2))
        if not self.channels_first[index]:
            self.put(index, self.node("Transpose", [self.values[index]], perm=[0, 3, 1, 2]), channels_first=True)
        return self.values[index]

    def last(self, index: int) -> str:
        """Any tensor in TFLite's own layout."""
        if index in self.constants:
            return self.weight(self.constants[index])
        if self.channels_first[index]:
            return self.node("Transpose", [self.values[index]], perm=[0, 2, 3, 1])
        return self.values[index]

    def put(self, index: int, value: str, *, channels_first: bool) -> None:
        self.values[index], self.channels_first[index] = value, channels_first

    def activated(self, value: str, activation: int) -> str:
        kinds = tflite.ActivationFunctionType
        if activation == kinds.NONE:
            return value
        if activation == kinds.RELU:
            return self.node("Relu", [value])
        if activation == kinds.RELU6:
            return self.node("Clip", [value, *(self.constant(np.float32(limit)) for limit in (0, 6))])
        raise NotImplementedError(f"activation {activation}")

    def padding(self, options, sizes: tuple[int, int], kernel: Sequence[int], dilations: Sequence[int]) -> list[int]:
        """ONNX's four numbers for TFLite's two words. sizes: tensor indices of input and output."""
        if options.Padding() == tflite.Padding.VALID:
            return [0, 0, 0, 0]
        before, after = [], []
        shapes = (self.shape(index)[1:3] for index in sizes)
        strides = (options.StrideH(), options.StrideW())
        for size, result, width, stride, dilation in zip(*shapes, kernel, strides, dilations, strict=True):
            total = max((result - 1) * stride + (width - 1) * dilation + 1 - size, 0)
            before.append(total // 2)
            after.append(total - total // 2)
        return before + after

    def operations(self) -> Iterator[tuple[str, object, list[int], int]]:
        for place in range(self.graph.OperatorsLength()):
            operation = self.graph.Operators(place)
            code = self.model.OperatorCodes(operation.OpcodeIndex())
            kind = OPERATIONS[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
            yield kind, operation, [operation.Inputs(i) for i in range(operation.InputsLength())], operation.Outputs(0)

    def run(self) -> onnx.ModelProto:
        inputs = [self.graph.Inputs(place) for place in range(self.graph.InputsLength())]
        for index in inputs:
            self.put(index, self.name(index), channels_first=False)
        for kind, operation, sources, target in self.operations():
            getattr(self, f"on_{kind}")(operation, sources, target)
        outputs = [self.graph.Outputs(place) for place in range(self.graph.OutputsLength())]
        outputs = [index for index in outputs if not self.outputs or self.name(index) in self.outputs]
        for index in outputs:
            self.nodes.append(helper.make_node("Identity", [self.last(index)], [self.name(index)]))
        self.prune({self.name(index) for index in outputs})
        asked, answered = (
            [helper.make_tensor_value_info(self.name(index), TensorProto.FLOAT, self.shape(index)) for index in indices]
            for indices in (inputs, outputs)
        )
        graph = helper.make_graph(self.nodes, "tflite", asked, answered, self.initializers)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)

    def prune(self, needed: set[str]) -> None:
        """Drop what no output needs."""
        kept = []
        for node in reversed(self.nodes):
            if needed.intersection(node.output):
                kept.append(node)
                needed.update(node.input)
        self.nodes = kept[::-1]
        self.initializers = [constant for constant in self.initializers if constant.name in needed]

    def on_dequantize(self, operation, sources, target):
        self.constants[target] = self.constants[sources[0]]

    on_densify = on_dequantize

    def on_conv_2d(self, operation, sources, target, *, depthwise=False):
        options = _options(operation, tflite.DepthwiseConv2DOptions if depthwise else tflite.Conv2DOptions)
        kernel = self.constants[sources[1]].transpose((3, 0, 1, 2) if depthwise else (0, 3, 1, 2))
        dilations = (options.DilationHFactor(), options.DilationWFactor())
        inputs = [self.first(sources[0]), self.weight(kernel)]
        inputs += [self.weight(self.constants[bias]) for bias in sources[2:] if bias >= 0]
        value = self.node(
            "Conv",
            inputs,
            kernel_shape=list(kernel.shape[2:]),
            strides=[options.StrideH(), options.StrideW()],
            dilations=list(dilations),
            group=self.shape(sources[0])[3] if depthwise else 1,
            pads=self.padding(options, (sources[0], target), kernel.shape[2:], dilations),
        )
        self.put(target, self.activated(value, options.FusedActivationFunction()), channels_first=True)

    def on_depthwise_conv_2d(self, operation, sources, target):
        self.on_conv_2d(operation, sources, target, depthwise=True)

    def on_max_pool_2d(self, operation, sources, target):
        options = _options(operation, tflite.Pool2DOptions)
        kernel = [options.FilterHeight(), options.FilterWidth()]
        value = self.node(
            "MaxPool",
            [self.first(sources[0])],
            kernel_shape=kernel,
            strides=[options.StrideH(), options.StrideW()],
            pads=self.padding(options, (sources[0], target), kernel, (1, 1)),
        )
        self.put(target, self.activated(value, options.FusedActivationFunction()), channels_first=True)

    def on_add(self, operation, sources, target):
        picture = len(self.shape(target)) == 4
        value = self.node("Add", [self.first(index) if picture else self.last(index) for index in sources])
        activation = _options(operation, tflite.AddOptions).FusedActivationFunction()
        self.put(target, self.activated(value, activation), channels_first=picture)

    def on_pad(self, operation, sources, target):
        widths = self.constants[sources[1]][[0, 3, 1, 2]].astype(np.int64)
        value = self.node("Pad", [self.first(sources[0]), self.constant(widths.T.ravel())])
        self.put(target, value, channels_first=True)

    def on_resize_bilinear(self, operation, sources, target):
        options = _options(operation, tflite.ResizeBilinearOptions)
        corners = (
            "align_corners" if options.AlignCorners() else "half_pixel" if options.HalfPixelCenters() else "asymmetric"
        )
        size = self.constant(np.array(self.shape(target), np.int64)[[0, 3, 1, 2]])
        inputs = [self.first(sources[0]), "", "", size]
        value = self.node("Resize", inputs, mode="linear", coordinate_transformation_mode=corners)
        self.put(target, value, channels_first=True)

    def on_depth_to_space(self, operation, sources, target):
        block = _options(operation, tflite.DepthToSpaceOptions).BlockSize()
        value = self.node("DepthToSpace", [self.first(sources[0])], blocksize=block, mode="DCR")
        self.put(target, value, channels_first=True)

    def on_prelu(self, operation, sources, target):
        slope = self.weight(self.constants[sources[1]].reshape(-1, 1, 1))
        self.put(target, self.node("PRelu", [self.first(sources[0]), slope]), channels_first=True)

    def on_relu(self, operation, sources, target, *, kind="Relu"):
        value = self.node(kind, [self.values[sources[0]]])
        self.put(target, value, channels_first=self.channels_first[sources[0]])

    def on_logistic(self, operation, sources, target):
        self.on_relu(operation, sources, target, kind="Sigmoid")

    def on_reshape(self, operation, sources, target):
        value = self.node("Reshape", [self.last(sources[0]), self.constant(np.array(self.shape(target), np.int64))])
        self.put(target, value, channels_first=False)

    def on_concatenation(self, operation, sources, target):
        axis = int(_options(operation, tflite.ConcatenationOptions).Axis())
        value = self.node("Concat", [self.last(index) for index in sources], axis=axis)
        self.put(target, value, channels_first=False)

    def on_mean(self, operation, sources, target):
        axes = [(0, 2, 3, 1)[int(axis)] for axis in self.constants[sources[1]].ravel()]
        keep = bool(_options(operation, tflite.ReducerOptions).KeepDims())
        value = self.node("ReduceMean", [self.first(sources[0])], axes=axes, keepdims=int(keep))
        self.put(target, value, channels_first=keep)

    def on_fully_connected(self, operation, sources, target):
        options = _options(operation, tflite.FullyConnectedOptions)
        matrix = self.constants[sources[1]]
        flat = self.node("Reshape", [self.last(sources[0]), self.constant(np.array([-1, matrix.shape[1]], np.int64))])
        inputs = [flat, self.weight(matrix), *(self.weight(self.constants[bias]) for bias in sources[2:] if bias >= 0)]
        value = self.activated(self.node("Gemm", inputs, transB=1), options.FusedActivationFunction())
        self.put(target, value, channels_first=False)

    def on_strided_slice(self, operation, sources, target):
        options = _options(operation, tflite.StridedSliceOptions)
        begin, end, strides = (self.constants[index].astype(np.int64) for index in sources[1:4])
        axes = np.arange(len(begin))
        begin = np.where(options.BeginMask() >> axes & 1, 0, begin)
        end = np.where(options.EndMask() >> axes & 1, self.shape(sources[0]), end)
        inputs = [self.last(sources[0]), *(self.constant(part) for part in (begin, end, axes, strides))]
        self.put(target, self.node("Slice", inputs), channels_first=False)
