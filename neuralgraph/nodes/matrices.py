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

    Shapes: N × F × K → N × K × F
    PyTorch: torch.linalg.pinv
    """

    category = "Maths"
    synonyms = ("pseudoinverse", "pseudo inverse", "moore-penrose", "least squares")

    def call(self, x: Float) -> Call:
        _known(x)
        return function("torch.linalg.pinv")


class Eigh(_Square):
    """The eigenvalues and eigenvectors of symmetric matrices, smallest first.

    $A = Q · diag(λ) · Q^T$: the directions that a matrix only stretches, and by how much. Only the lower triangle is
    read. The sign of an eigenvector is free, and its gradient too large where eigenvalues are equal.

    Shapes: N × F × F → values N × F, vectors N × F × F (in columns)
    PyTorch: torch.linalg.eigh
    """

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

    Shapes: N × F × K → U N × F × k, S N × k, Vh N × k × K with k = min(F, K)
    PyTorch: torch.linalg.svd
    """

    category = "Maths"
    synonyms = ("singular value decomposition", "low rank", "principal components", "factorisation")

    def outputs(self) -> tuple[str, ...]:
        return ("U", "S", "Vh")

    def call(self, x: Float) -> Call:
        _known(x)
        return function("torch.linalg.svd", picks=((0,), (1,), (2,)), full_matrices=False)


class QR(Node):
    """A matrix as one with orthogonal columns times a triangular one.

    $A = Q R$ with $Q^T Q = 1$: the columns of a matrix made orthogonal, one after the other.

    Shapes: N × F × K → Q N × F × k, R N × k × K with k = min(F, K)
    PyTorch: torch.linalg.qr
    """

    category = "Maths"
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

    Shapes: N × F × F → the same
    PyTorch: torch.linalg.cholesky
    """

    synonyms = ("square root", "covariance", "positive definite", "decomposition")
    target = "torch.linalg.cholesky"


class Slogdet(_Square):
    """The sign of the determinant, and the logarithm of its size.

    $det A = sign · e^{logabsdet}$, where the determinant itself would overflow: what a normalising flow and a normal
    density need.

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

    `fro`: the root of the sum of all squares. `nuc`: the sum of the singular values, small for low rank. `2`: the
    largest singular value, the most that it stretches anything. `1`: the largest sum of sizes in a column.

    Shapes: N × F × K → N
    PyTorch: torch.linalg.matrix_norm
    """

    category = "Maths"
    synonyms = ("frobenius", "spectral norm", "nuclear norm", "trace norm")

    ord: str = param("fro", "Which norm.", choices=("fro", "nuc", "2", "1"), row="order")

    def call(self, x: Float) -> Call:
        _known(x)
        return function("torch.linalg.matrix_norm", ord=self.ord if self.ord in ("fro", "nuc") else float(self.ord))


class Kron(Node):
    """The Kronecker product: the second matrix in the place of every number of the first, times that number.

    $c_{ik, jl} = a_{ij} b_{kl}$, sample by sample.

    Shapes: a N × F × K, b N × G × L → N × F·G × K·L
    PyTorch: torch.kron
    """

    category = "Maths"
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

    $a × b$, as long as the parallelogram between them is large. For vectors of three numbers.

    Shapes: a and b of one shape, 3 along `dim` → the same
    PyTorch: torch.linalg.cross
    """

    category = "Maths"
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

    Shapes: N × F, N × F → N
    PyTorch: torch.linalg.vecdot
    """

    category = "Maths"
    synonyms = ("dot product", "inner product", "scalar product", "score")

    dim: int = param(-1, "Axis of the rows.", min=-8, max=7, row="axis")

    def call(self, a: Float, b: Float) -> Call:
        _pair(a, b)
        axis(a, self.dim, "a")
        return function("torch.linalg.vecdot", dim=self.dim)


class DiagEmbed(Node):
    """Makes a matrix of every row, with the row on its diagonal and 0 elsewhere.

    The opposite of Diagonal; `offset` above 0 is that many places above the main diagonal.

    Shapes: N × F → N × F × F
    PyTorch: torch.diag_embed
    """

    category = "Maths"
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
