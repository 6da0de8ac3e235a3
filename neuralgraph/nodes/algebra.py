"""Linear algebra: products, inverses and decompositions of matrices, triangles and diagonals."""

from __future__ import annotations

import re
from typing import ClassVar

from neuralgraph.errors import ParameterError
from neuralgraph.nodes.demands import floats, inner_axis, same_shape
from neuralgraph.spec import Call, Float, Misfit, Node, Spec, function, module, param

_EINSUM = "neuralgraph.compiler.blocks.products.Einsum"
_TERM = re.compile(r"[a-zA-Z]*(\.\.\.)?[a-zA-Z]*")


def _matrix(x: Spec, port: str = "", *, square: bool = False) -> None:
    """The last two axes are a matrix."""
    floats(x, port)
    if x.rank < 2 or (x.rank == 2 and x.batched and square):
        raise Misfit("matrices", port=port, axes="N × F × F" if square else "N × F × K",
                     hint="Reshape makes matrices of rows.")
    if square and x.shape[-1] != x.shape[-2]:
        raise Misfit("square matrices", port=port, axes="N × F × F", hint=f"This one is {x.shape[-2]} × {x.shape[-1]}.")


class Einsum(Node):
    """Any product of tensors, written with one letter for every axis.

    Letters that are missing behind the arrow are summed over: `ij,jk->ik` is the matrix product
    $c_{ik} = Σ_j a_{ij} b_{jk}$, `bhid,bhjd->bhij` are attention scores, `ii->` is the trace.

    Example (equation = "bi,bi->b"): [[1, 2]], [[3, 4]] → [11], for 1·3 + 2·4 = 11.
    Example (equation = "bii->b"): [[[1, 2], [3, 4]]] → [5], for 1 + 4 = 5.
    Shapes: as the equation says
    PyTorch: torch.einsum
    """

    category = "Maths"
    group = "Linear algebra"
    synonyms = ("einstein summation", "contraction", "tensor product", "outer product", "bilinear form")

    equation: str = param("ij,jk->ik", "Letters of every input, an arrow, letters of the output.", row="equation")

    def __init__(self, **values: object) -> None:
        super().__init__(**values)
        left, arrow, right = self.equation.replace(" ", "").partition("->")
        terms = [*left.split(","), right]
        if not arrow or any(not _TERM.fullmatch(one) for one in terms) or len(self.equation) > 200:
            raise ParameterError("equation expects letters, commas and an arrow, like «ij,jk->ik».",
                                 parameter="equation")
        if not set(right.replace("...", "")) <= set(left):
            raise ParameterError("every letter behind the arrow of equation has to stand before it.",
                                 parameter="equation")

    def call(self, *xs: Float) -> Call:
        terms = self.equation.replace(" ", "").partition("->")[0].split(",")
        if len(xs) != len(terms):
            raise Misfit(f"{len(terms)} inputs, as its equation has", hint="One input for every comma and one more.")
        sizes: dict[str, int | str] = {}
        for number, (x, term) in enumerate(zip(xs, terms, strict=True)):
            letters = term.replace("...", "")
            if x.rank != len(letters) and "..." not in term:
                raise Misfit(f"an input with {len(letters)} axes, for «{term}»", port=f"xs_{number}",
                             hint="One letter for every axis, the batch included.")
            for letter, size in zip(letters, x.shape, strict=False) if "..." not in term else ():
                if sizes.setdefault(letter, size) != size:
                    raise Misfit(f"one size for «{letter}», which is {sizes[letter]} already", port=f"xs_{number}",
                                 hint="The same letter stands for axes of one size.")
        return module(_EINSUM, equation=self.equation.replace(" ", ""))


class Outer(Node):
    """Every number of the first row times every number of the second.

    $c_{ij} = a_i b_j$, sample by sample: what Hebb's rule adds to the weights.

    Example: a = [[1, 2]], b = [[3, 4]] → [[[3, 4], [6, 8]]]
    Shapes: N × F, N × K → N × F × K
    PyTorch: torch.einsum
    """

    category = "Maths"
    group = "Linear algebra"
    synonyms = ("outer product", "hebb", "tensor product")

    def call(self, a: Float, b: Float) -> Call:
        for port, one in (("a", a), ("b", b)):
            floats(one, port)
            if one.rank != 2:
                raise Misfit("rows of numbers", port=port, axes="N × F", insert="Flatten",
                             hint="Flatten lines up the numbers of each sample.")
        return module(_EINSUM, equation="bi,bj->bij")


class _Square(Node):
    """A function of square matrices."""

    category = "Maths"
    group = "Linear algebra"
    target: ClassVar[str] = ""

    def call(self, x: Float) -> Call:
        _matrix(x, square=True)
        return function(self.target)


class Inverse(_Square):
    """The matrix that undoes another one.

    $A^{-1} A = 1$, for square matrices that can be inverted.

    Example: [[[2, 0], [0, 4]]] → [[[0.5, 0], [0, 0.25]]]
    Shapes: N × F × F → the same
    PyTorch: torch.linalg.inv
    """

    synonyms = ("matrix inverse", "inv")
    target = "torch.linalg.inv"


class Det(_Square):
    """The determinant: by how much a matrix stretches volumes.

    $det A = a d - b c$ for a matrix of 2 × 2 with rows $a, b$ and $c, d$.

    Example: [[[2, 1], [0, 4]]] → [8], for 2·4 − 1·0 = 8.
    Shapes: N × F × F → N
    PyTorch: torch.linalg.det
    """

    synonyms = ("determinant", "volume")
    target = "torch.linalg.det"


class MatrixExp(_Square):
    """The exponential of a matrix.

    $Σ A^k / k!$: the flow of a linear differential equation after one unit of time. Zeros become the identity.

    Example: [[[0, 1], [0, 0]]] → [[[1, 1], [0, 1]]], for the square of this matrix is 0.
    Shapes: N × F × F → the same
    PyTorch: torch.linalg.matrix_exp
    """

    synonyms = ("matrix exponential", "flow", "lie")
    target = "torch.linalg.matrix_exp"


class Eigvalsh(_Square):
    """The eigenvalues of symmetric matrices, smallest first.

    $A v = λ v$ for every eigenvalue $λ$ and its direction $v$. Only the lower triangle is read.

    Example: [[[2, 1], [1, 2]]] → [[1, 3]]
    Shapes: N × F × F → N × F
    PyTorch: torch.linalg.eigvalsh
    """

    group = "Decompositions"
    synonyms = ("eigenvalues", "spectrum", "principal")
    target = "torch.linalg.eigvalsh"


class Svdvals(Node):
    """The singular values of matrices, largest first.

    $A = U S V^T$, with rotations $U$ and $V$ and the singular values on the diagonal of $S$. How much a matrix
    stretches in its main directions.

    Example: [[[3, 0], [0, 4]]] → [[4, 3]]
    Shapes: N × F × K → N × min(F, K)
    PyTorch: torch.linalg.svdvals
    """

    category = "Maths"
    group = "Decompositions"
    synonyms = ("singular values", "svd", "rank")

    def call(self, x: Float) -> Call:
        _matrix(x)
        if any(isinstance(size, str) for size in x.shape[-2:]):
            raise Misfit("matrices of a known size", axes="N × F × K", hint="The batch is no row of a matrix.")
        return function("torch.linalg.svdvals")


class Solve(Node):
    """Solves linear equations: the x with a x = b.

    $A x = b$, so $x = A^{-1} b$. More exact and faster than Inverse and MatMul.

    Example: a = [[[2, 0], [0, 4]]], b = [[[2], [4]]] → [[[1], [1]]]
    Shapes: a N × F × F, b N × F × K → N × F × K
    PyTorch: torch.linalg.solve
    """

    category = "Maths"
    group = "Linear algebra"
    synonyms = ("linear system", "equations", "least squares")

    def call(self, a: Float, b: Float) -> Call:
        _matrix(a, "a", square=True)
        _matrix(b, "b")
        if a.shape[-1] != b.shape[-2]:
            raise Misfit(f"a right-hand side with {a.shape[-1]} rows", port="b", axes=f"N × {a.shape[-1]} × K",
                         hint="One row for every equation.")
        return function("torch.linalg.solve")


class _Triangle(Node):
    category = "Maths"
    group = "Linear algebra"
    target: ClassVar[str] = ""

    diagonal: int = param(0, "Which diagonal is the edge: 0 the main one, 1 the next above.", min=-65536, max=65536,
                          row="diagonal")

    def call(self, x: Spec) -> Call:
        if x.rank < 2:
            raise Misfit("matrices", axes="F × K", hint="Give it at least two axes.")
        return function(self.target, diagonal=self.diagonal)


class Tril(_Triangle):
    """Keeps the lower triangle of matrices; the rest becomes 0.

    $y_{ij} = x_{ij}$ for $j ≤ i + diagonal$, else 0. With ones it is the mask that hides the future.

    Example: [[[1, 2], [3, 4]]] → [[[1, 0], [3, 4]]]
    Shapes: … × F × K → the same
    PyTorch: torch.tril
    """

    synonyms = ("lower triangle", "causal", "mask")
    target = "torch.tril"


class Triu(_Triangle):
    """Keeps the upper triangle of matrices; the rest becomes 0.

    $y_{ij} = x_{ij}$ for $j ≥ i + diagonal$, else 0.

    Example: [[[1, 2], [3, 4]]] → [[[1, 2], [0, 4]]]
    Shapes: … × F × K → the same
    PyTorch: torch.triu
    """

    synonyms = ("upper triangle", "causal", "mask")
    target = "torch.triu"


class Diagonal(Node):
    """The diagonal of matrices.

    $y_i = x_{ii}$.

    Example: [[[1, 2], [3, 4]]] → [[1, 4]]
    Shapes: N × F × K → N × min(F, K)
    PyTorch: torch.diagonal
    """

    category = "Maths"
    group = "Linear algebra"
    synonyms = ("diag", "trace", "main diagonal")

    def call(self, x: Spec) -> Call:
        if x.rank < 2 or any(isinstance(size, str) for size in x.shape[-2:]):
            raise Misfit("matrices", axes="N × F × K", hint="Give it two axes beside the batch.")
        return function("torch.diagonal", dim1=-2, dim2=-1)


class CosineSimilarity(Node):
    """How much two rows point the same way: 1 the same, 0 across, −1 opposite.

    $a · b / (|a| |b|)$ along an axis.

    Example: a = [[1, 0]], b = [[1, 1]] → [0.707], for 1 / (1 · 1.414) = 0.707.
    Shapes: N × F, N × F → N
    PyTorch: torch.nn.CosineSimilarity
    """

    category = "Maths"
    group = "Distances"
    synonyms = ("cosine", "similar", "angle", "embedding distance")

    dim: int = param(1, "Axis of the rows.", min=-8, max=7, row="axis")

    def call(self, a: Float, b: Float) -> Call:
        _alike(a, b, self.dim)
        return function("torch.nn.functional.cosine_similarity", dim=self.dim)


class PairwiseDistance(Node):
    """How far two rows lie apart.

    $(Σ |a_i - b_i + eps|^p)^{1/p}$ along the last axis.

    Example: a = [[0, 0]], b = [[3, 4]] → [5], the root of 9 + 16.
    Shapes: N × F, N × F → N
    PyTorch: torch.nn.PairwiseDistance
    """

    category = "Maths"
    group = "Distances"
    synonyms = ("euclidean", "siamese", "metric")

    p: float = param(2.0, "Power: 2 is the usual distance, 1 the sum of differences.", min=1.0, max=64.0, row="power")

    def call(self, a: Float, b: Float) -> Call:
        _alike(a, b, -1)
        return function("torch.nn.functional.pairwise_distance", p=self.p)


class Cdist(Node):
    """How far every row of one set lies from every row of another.

    $d_{ij} = (Σ_k |a_{ik} - b_{jk}|^p)^{1/p}$. 2 points and 3 centres give 2 × 3 distances.

    Example: a = [[[0, 0]]], b = [[[3, 4], [1, 0]]] → [[[5, 1]]]
    Shapes: a N × L × F, b N × K × F → N × L × K
    PyTorch: torch.cdist
    """

    category = "Maths"
    group = "Distances"
    synonyms = ("distances", "prototypes", "clusters", "nearest neighbour")

    p: float = param(2.0, "Power: 2 is the usual distance, 1 the sum of differences.", min=1.0, max=64.0, row="power")

    def call(self, a: Float, b: Float) -> Call:
        _matrix(a, "a")
        _matrix(b, "b")
        if a.shape[-1] != b.shape[-1]:
            raise Misfit(f"rows of {a.shape[-1]} numbers", port="b", axes=f"… × {a.shape[-1]}",
                         hint="Points of one space have equally many numbers.")
        return function("torch.cdist", p=self.p)


def _alike(a: Spec, b: Spec, dim: int) -> None:
    """Two values of one shape, with an axis `dim`."""
    floats(a, "a")
    floats(b, "b")
    same_shape(a, b, "b")
    inner_axis(a, dim, "a")
