"""More linear algebra: decompositions, generalised inverses, and matrices made of smaller ones."""

from __future__ import annotations

from neuralgraph.nodes.algebra import _matrix, _Square
from neuralgraph.nodes.demands import axis, floats, same_shape
from neuralgraph.spec import Call, Float, Misfit, Node, Spec, function, param

_BLOCKS = "neuralgraph.compiler.blocks.products."


def _known(x: Spec, port: str = "") -> None:
    """Matrices none of whose two axes is the batch."""
    _matrix(x, port)
    if any(isinstance(size, str) for size in x.shape[-2:]):
        raise Misfit("matrices of a known size", port=port, axes="N × F × K", hint="The batch is no row of a matrix.")


class Pinv(Node):
    """The nearest thing to an inverse for matrices that have none (Moore and Penrose).

    $A^+$: for equations that are too many or too few, $A^+ b$ is the shortest solution with the least squared error.

    Example: [[[2, 0], [0, 4], [0, 0]]] → [[[0.5, 0, 0], [0, 0.25, 0]]]
    Shapes: N × F × K → N × K × F
    PyTorch: torch.linalg.pinv
    """

    category = "Maths"
    group = "Linear algebra"
    synonyms = ("pseudoinverse", "pseudo inverse", "moore-penrose", "least squares")

    def call(self, x: Float) -> Call:
        _known(x)
        return function("torch.linalg.pinv")


class Eigh(_Square):
    """The eigenvalues and eigenvectors of symmetric matrices, smallest first.

    $A = Q · diag(λ) · Q^T$: the directions that a matrix only stretches, and by how much. Only the lower triangle is
    read. The sign of an eigenvector is free, and its gradient too large where eigenvalues are equal.

    Example: [[[2, 1], [1, 2]]] → values = [[1, 3]], vectors = 1 × 2 × 2, for 2 − 1 = 1 and 2 + 1 = 3; the signs of the
    vectors are free.
    Shapes: N × F × F → values N × F, vectors N × F × F (in columns)
    PyTorch: torch.linalg.eigh
    """

    group = "Decompositions"
    synonyms = ("eigenvectors", "eigenvalues", "spectral decomposition", "principal components")

    def outputs(self) -> tuple[str, ...]:
        return ("values", "vectors")

    def call(self, x: Float) -> Call:
        _matrix(x, square=True)
        return function("torch.linalg.eigh", picks=((0,), (1,)))


class SVD(Node):
    """Any matrix as a rotation, a stretching and another rotation: the singular value decomposition.

    $A = U · diag(S) · V^T$, with the singular values largest first: the first few carry most of the matrix. The signs
    of the vectors are free.

    Example: [[[3, 0], [0, 4]]] → U = 1 × 2 × 2, S = [[4, 3]], Vh = 1 × 2 × 2
    Shapes: N × F × K → U N × F × k, S N × k, Vh N × k × K with k = min(F, K)
    PyTorch: torch.linalg.svd
    """

    category = "Maths"
    group = "Decompositions"
    synonyms = ("singular value decomposition", "low rank", "principal components", "factorisation")

    def outputs(self) -> tuple[str, ...]:
        return ("U", "S", "Vh")

    def call(self, x: Float) -> Call:
        _known(x)
        return function("torch.linalg.svd", picks=((0,), (1,), (2,)), full_matrices=False)


class QR(Node):
    """A matrix as one with orthogonal columns times a triangular one.

    $A = Q R$ with $Q^T Q = 1$: the columns of a matrix made orthogonal, one after the other.

    Example: [[[3, 0], [4, 5]]] → Q = [[[-0.6, -0.8], [-0.8, 0.6]]], R = [[[-5, -4], [0, 3]]], for −0.6 · −5 = 3 and
    −0.8 · −5 = 4.
    Shapes: N × F × K → Q N × F × k, R N × k × K with k = min(F, K)
    PyTorch: torch.linalg.qr
    """

    category = "Maths"
    group = "Decompositions"
    synonyms = ("orthogonal", "gram-schmidt", "decomposition")

    def outputs(self) -> tuple[str, ...]:
        return ("Q", "R")

    def call(self, x: Float) -> Call:
        _known(x)
        return function("torch.linalg.qr", picks=((0,), (1,)))


class Cholesky(_Square):
    """A symmetric matrix as a lower triangle times itself turned over: the square root of a covariance.

    $A = L L^T$, for matrices that are symmetric and positive definite; others stop the run. $L$ times normally
    distributed numbers gives numbers with the covariance $A$.

    Example: [[[4, 2], [2, 5]]] → [[[2, 0], [1, 2]]], for 2·2 = 4, 2·1 = 2 and 1·1 + 2·2 = 5.
    Shapes: N × F × F → the same
    PyTorch: torch.linalg.cholesky
    """

    group = "Decompositions"
    synonyms = ("square root", "covariance", "positive definite", "decomposition")
    target = "torch.linalg.cholesky"


class Slogdet(_Square):
    """The sign of the determinant, and the logarithm of its size.

    $det A = sign · e^{logabsdet}$, where the determinant itself would overflow: what a normalising flow and a normal
    density need.

    Example: [[[2, 0], [0, -4]]] → sign = [-1], logabsdet = [2.079], for 2 · −4 = −8 and ln 8 = 2.079.
    Shapes: N × F × F → sign N, logabsdet N
    PyTorch: torch.linalg.slogdet
    """

    synonyms = ("log determinant", "logdet", "flow")

    def outputs(self) -> tuple[str, ...]:
        return ("sign", "logabsdet")

    def call(self, x: Float) -> Call:
        _matrix(x, square=True)
        return function("torch.linalg.slogdet", picks=((0,), (1,)))


class MatrixPower(_Square):
    """A square matrix times itself, so many times.

    $A^n$; $A^0$ is the identity, and a negative power is one of the inverse: so many steps of a Markov chain at once.

    Example (n = 3): [[[1, 1], [0, 1]]] → [[[1, 3], [0, 1]]]
    Shapes: N × F × F → the same
    PyTorch: torch.linalg.matrix_power
    """

    synonyms = ("power of a matrix", "markov", "steps")

    n: int = param(2, "How many times.", min=-1024, max=1024, row="power")

    def call(self, x: Float) -> Call:
        _matrix(x, square=True)
        return function("torch.linalg.matrix_power", n=self.n)


class MatrixNorm(Node):
    """How large a matrix is, as one number.

    `fro`: $√(Σ a_{ij}^2)$, the root of the sum of all squares. `nuc`: the sum of the singular values, small for low
    rank. `2`: the largest singular value, the most that it stretches anything. `1`: the largest sum of sizes in a
    column.

    Example: [[[3, 0], [0, 4]]] → [5], the root of 9 + 16.
    Example (ord = nuc): [[[3, 0], [0, 4]]] → [7], for 3 + 4 = 7.
    Shapes: N × F × K → N
    PyTorch: torch.linalg.matrix_norm
    """

    category = "Maths"
    group = "Linear algebra"
    synonyms = ("frobenius", "spectral norm", "nuclear norm", "trace norm")

    ord: str = param("fro", "Which norm.", choices=("fro", "nuc", "2", "1"), row="order")

    def call(self, x: Float) -> Call:
        _known(x)
        return function("torch.linalg.matrix_norm", ord=self.ord if self.ord in ("fro", "nuc") else float(self.ord))


class Kron(Node):
    """The Kronecker product: the second matrix in the place of every number of the first, times that number.

    $c_{ik, jl} = a_{ij} b_{kl}$, sample by sample.

    Example: a = [[[1, 2]]], b = [[[1, 10]]] → [[[1, 10, 2, 20]]]
    Shapes: a N × F × K, b N × G × L → N × F·G × K·L
    PyTorch: torch.kron
    """

    category = "Maths"
    group = "Linear algebra"
    synonyms = ("kronecker", "tensor product", "blocks")

    def call(self, a: Float, b: Float) -> Call:
        _known(a, "a")
        _known(b, "b")
        if a.shape[:-2] != b.shape[:-2]:
            raise Misfit("matrices of the same samples", port="b", axes="N × G × L",
                         hint="All axes but the last two have to be the same.")
        return function(_BLOCKS + "kron")


class Cross(Node):
    """The cross product: the vector that stands upright on two others.

    $a × b$. Its length is the area of the parallelogram between them. For vectors of three numbers.

    Example: a = [[1, 0, 0]], b = [[0, 1, 0]] → [[0, 0, 1]]
    Shapes: a and b of one shape, 3 along dim → the same
    PyTorch: torch.linalg.cross
    """

    category = "Maths"
    group = "Linear algebra"
    synonyms = ("vector product", "normal", "geometry", "torque")

    dim: int = param(-1, "Axis of the three numbers.", min=-8, max=7, row="axis")

    def call(self, a: Float, b: Float) -> Call:
        _pair(a, b)
        if a.shape[axis(a, self.dim, "a")] != 3:
            raise Misfit("vectors of three numbers", port="a", axes="N × 3", hint="Choose the axis that has size 3.")
        return function("torch.linalg.cross", dim=self.dim)


class Vecdot(Node):
    """The inner product of two rows: how far they point the same way, times how long they are.

    $Σ a_i b_i$ along an axis: the score of a user and a film, of a query and a key.

    Example: a = [[1, 2]], b = [[3, 4]] → [11], for 1·3 + 2·4 = 11.
    Shapes: N × F, N × F → N
    PyTorch: torch.linalg.vecdot
    """

    category = "Maths"
    group = "Linear algebra"
    synonyms = ("dot product", "inner product", "scalar product", "score")

    dim: int = param(-1, "Axis of the rows.", min=-8, max=7, row="axis")

    def call(self, a: Float, b: Float) -> Call:
        _pair(a, b)
        axis(a, self.dim, "a")
        return function("torch.linalg.vecdot", dim=self.dim)


class DiagEmbed(Node):
    """Makes a matrix of every row, with the row on its diagonal and 0 elsewhere.

    $Y_{ii} = x_i$. The opposite of Diagonal; `offset` above 0 is that many places above the main diagonal.

    Example: [[1, 2]] → [[[1, 0], [0, 2]]]
    Shapes: N × F → N × F × F
    PyTorch: torch.diag_embed
    """

    category = "Maths"
    group = "Linear algebra"
    synonyms = ("diagonal matrix", "diag", "scale matrix")

    offset: int = param(0, "Which diagonal: 0 the main one, 1 the next above.", min=-4096, max=4096, row="diagonal")

    def call(self, x: Spec) -> Call:
        if not x.rank or isinstance(x.shape[-1], str):
            raise Misfit("rows of numbers", axes="N × F", insert="Unsqueeze" if x.rank else "", params={"dim": 1},
                         hint="The batch is no row: Unsqueeze makes each number one.")
        return function("torch.diag_embed", offset=self.offset)


def _pair(a: Spec, b: Spec) -> None:
    floats(a, "a")
    floats(b, "b")
    same_shape(a, b, "b")
