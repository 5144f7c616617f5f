"""Writes ONNX graphs as arithmetic: values that know + - * /, and squares of a picture that can be cut out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper


@dataclass(frozen=True)
class Value:
    """A tensor of a graph under construction, by its name."""

    graph: Graph
    name: str

    def __add__(self, other: Any) -> Value:
        return self.graph.apply("Add", self, other)

    def __sub__(self, other: Any) -> Value:
        return self.graph.apply("Sub", self, other)

    def __mul__(self, other: Any) -> Value:
        return self.graph.apply("Mul", self, other)

    def __truediv__(self, other: Any) -> Value:
        return self.graph.apply("Div", self, other)

    def __gt__(self, other: Any) -> Value:
        return self.graph.apply("Greater", self, other)

    def __lt__(self, other: Any) -> Value:
        return self.graph.apply("Less", self, other)

    def __and__(self, other: Any) -> Value:
        return self.graph.apply("And", self, other)

    def __matmul__(self, other: Any) -> Value:
        return self.graph.apply("MatMul", self, other)

    def __neg__(self) -> Value:
        return self.graph.apply("Neg", self)

    def rows(self, start: int, stop: int | None = None) -> Value:
        return self._slice(0, start, start + 1 if stop is None else stop)

    def columns(self, start: int, stop: int | None = None) -> Value:
        return self._slice(1, start, start + 1 if stop is None else stop)

    def _slice(self, axis: int, start: int, stop: int) -> Value:
        return self.graph.apply("Slice", self, [start], [stop], [axis])

    def take(self, indices: Any, *, axis: int = 0) -> Value:
        return self.graph.apply("Gather", self, list(indices), axis=axis)

    def reshape(self, *shape: int) -> Value:
        return self.graph.apply("Reshape", self, list(shape))

    def expand(self, *shape: int) -> Value:
        return self.graph.apply("Expand", self, list(shape))

    def turned(self) -> Value:
        """Rows and columns exchanged."""
        return self.graph.apply("Transpose", self, perm=[1, 0])

    def sigmoid(self) -> Value:
        return self.graph.apply("Sigmoid", self)

    def at_least(self, *others: Any) -> Value:
        return self.graph.apply("Max", self, *others)

    def between(self, low: float, high: float) -> Value:
        return self.graph.apply("Clip", self, low, high)

    def length(self) -> Value:
        """The lengths of the rows, n 1."""
        return self.graph.apply("Sqrt", self.graph.apply("ReduceSum", self * self, [-1], keepdims=1))


@dataclass
class Graph:
    """An ONNX graph under construction. Python numbers and arrays become constants; ints are taken as int64."""

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    initializers: dict[str, onnx.TensorProto] = field(default_factory=dict)
    count: int = 0

    def fresh(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}_{self.count}"

    def name_of(self, value: Any) -> str:
        if isinstance(value, Value):
            return value.name
        if value is None:  # an optional input that is not given
            return ""
        array = np.asarray(value)
        array = array.astype(np.int64 if array.dtype.kind == "i" else np.float32)
        name = self.fresh("constant")
        self.initializers[name] = numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name)
        return name

    def constant(self, values: Any) -> Value:
        return Value(self, self.name_of(np.asarray(values, np.float32)))

    def apply(self, kind: str, *inputs: Any, output: str | None = None, **attributes: Any) -> Value:
        output = output or self.fresh(kind)
        self.nodes.append(helper.make_node(kind, [self.name_of(value) for value in inputs], [output], **attributes))
        return Value(self, output)

    def join(self, axis: int, *values: Value) -> Value:
        return self.apply("Concat", *values, axis=axis)

    def where(self, condition: Value, yes: Value, no: Value) -> Value:
        return self.apply("Where", condition, yes, no)

    def inline(self, model: onnx.ModelProto, label: str, picture: Value) -> dict[str, Value]:
        """Copy a model's nodes in, asked about the picture: its outputs by name. Copies of one label share weights."""
        names = {model.graph.input[0].name: picture.name, "": ""}
        for weight in model.graph.initializer:
            names[weight.name] = f"{label}/{weight.name}"
            shared = onnx.TensorProto()
            shared.CopyFrom(weight)
            shared.name = names[weight.name]
            self.initializers.setdefault(shared.name, shared)
        prefix = self.fresh(label)
        for original in model.graph.node:
            node = onnx.NodeProto()
            node.CopyFrom(original)
            node.name = ""
            del node.input[:], node.output[:]
            node.input.extend(names[name] for name in original.input)
            for name in original.output:
                names[name] = f"{prefix}/{name}"
                node.output.append(names[name])
            self.nodes.append(node)
        return {output.name: Value(self, names[output.name]) for output in model.graph.output}

    def model(
        self, inputs: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto], *, words: str
    ) -> onnx.ModelProto:
        graph = helper.make_graph(self.nodes, "pose", inputs, outputs, list(self.initializers.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 16)], ir_version=8, doc_string=words)
        onnx.checker.check_model(model)
        return model


@dataclass(frozen=True)
class Square:
    """A turned square of a picture. centre 1 2, side 1 1, and the unit vectors of its own right and down, 1 2 each."""

    centre: Value
    side: Value
    right: Value
    down: Value

    @staticmethod
    def towards(centre: Value, tip: Value, *, scale: float, sign: float = 1.0, drop: float = 0.0) -> Square:
        """Around the centre, 2 * scale times the way to the tip wide, turned so that the tip is up (sign 1) or down.

        drop moves it down its own side, as a part of the side.
        """
        graph = centre.graph
        way = tip - centre
        reach = way.length().at_least(1e-3)
        up = way / reach * sign
        down, right = -up, graph.join(1, -up.columns(1), up.columns(0))
        side = reach * (2 * scale)
        return Square(centre + down * (side * drop), side, right, down)

    @staticmethod
    def level_with(way: Value, *, centre: Value, side: Value) -> Square:
        """Turned so that its right is the way, 1 2."""
        right = way / way.length().at_least(1e-3)
        return Square(centre, side, right, way.graph.join(1, -right.columns(1), right.columns(0)))

    @staticmethod
    def choose(condition: Value, yes: Square, no: Square) -> Square:
        graph = condition.graph
        pairs = ((yes.centre, no.centre), (yes.side, no.side), (yes.right, no.right), (yes.down, no.down))
        return Square(*(graph.where(condition, first, second) for first, second in pairs))

    def axes(self) -> Value:
        return self.centre.graph.join(0, self.right, self.down)

    def cut(self, picture: Value, *, pixels: int, size: tuple[int, int]) -> Value:
        """The square out of a picture 1 c h w of that size (width, height), as 1 pixels pixels c; outside is 0."""
        graph = self.centre.graph
        steps = (np.arange(pixels, dtype=np.float32) + 0.5) / pixels - 0.5
        grid = np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2)
        places = graph.constant(grid) @ self.axes() * self.side + self.centre
        normal = places * np.array([[2 / size[0], 2 / size[1]]], np.float32) - 1.0
        cut = graph.apply(
            "GridSample",
            picture,
            normal.reshape(1, pixels, pixels, 2),
            mode="bilinear",
            padding_mode="zeros",
            align_corners=0,
        )
        return graph.apply("Transpose", cut, perm=[0, 2, 3, 1])

    def back(self, points: Value, *, pixels: int) -> Value:
        """Points n 2 of the cut-out -> points of the picture."""
        return (points / float(pixels) - 0.5) @ self.axes() * self.side + self.centre
