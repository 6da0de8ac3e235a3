"""Fourier transforms: sequences and images as sums of waves. Complex numbers travel as two wires, real and imag."""

from __future__ import annotations

from neuralgraph.nodes.demands import floats, same_shape
from neuralgraph.nodes.reductions import _Along
from neuralgraph.spec import Call, Float, Misfit, Spec, function, param

_BLOCKS = "neuralgraph.compiler.blocks.spectra."
_BOTH = ((0,), (1,))


class _Fourier(_Along):
    group = "Fourier"

    norm: str = param("backward", "Divide by the length going back, by its root both ways, or going forward.",
                      choices=("backward", "ortho", "forward"), advanced=True)

    def outputs(self) -> tuple[str, ...]:
        return ("real", "imag")

    def _checked(self, real: Spec, imag: Spec | None, port: str) -> int:
        floats(real, port)
        if real.dtype not in ("float32", "float64"):
            raise Misfit("float32 or float64", port=port, insert="Cast", params={"dtype": "float32"})
        if imag is not None:
            same_shape(real, imag, "imag")
            if imag.dtype != real.dtype:
                raise Misfit(f"{real.dtype} like the real part", port="imag", axes=real.dtype, insert="Cast",
                             params={"dtype": real.dtype})
        return self._at(real)

    def _both(self, real: Spec, imag: Spec | None, port: str) -> Call:
        self._checked(real, imag, port)
        return function(_BLOCKS + self.type.lower(), picks=_BOTH, dim=self.dim, norm=self.norm)


class FFT(_Fourier):
    """A sequence as a sum of waves: how much of every frequency it holds.

    $X_k = Σ_t x_t e^{-2πi k t / L}$ along an axis. `real` counts cosines, `imag` sines; Hypot makes the strength of
    them, Atan2 the phase. Frequencies from the middle on are the negative ones.

    Example: [[1, 0, -1, 0]] → real = [[0, 2, 0, 2]], imag = [[0, 0, 0, 0]], a cosine that swings once.
    Shapes: x and imag of one shape → real the same, imag the same
    PyTorch: torch.fft.fft
    """

    synonyms = ("fourier", "spectrum", "frequency", "dft", "waves")

    def call(self, x: Float, imag: Float | None = None) -> Call:
        return self._both(x, imag, "x")


class IFFT(_Fourier):
    """The sequence that a spectrum stands for: the way back from FFT.

    $x_t = (1/L) Σ_k X_k e^{2πi k t / L}$ along an axis.

    Example: [[0, 2, 0, 2]] → real = [[1, 0, -1, 0]], imag = [[0, 0, 0, 0]]
    Shapes: real and imag of one shape → real the same, imag the same
    PyTorch: torch.fft.ifft
    """

    synonyms = ("inverse fourier", "spectrum", "frequency", "back")

    def call(self, real: Float, imag: Float | None = None) -> Call:
        return self._both(real, imag, "real")


class RFFT(_Fourier):
    """The spectrum of real numbers, without the half that mirrors the other.

    $X_k = Σ_t x_t e^{-2πi k t / L}$, as FFT, with the L/2 + 1 frequencies from 0 up to half the length.

    Example: [[0, 1, 0, -1]] → real = [[0, 0, 0]], imag = [[0, -2, 0]], a sine that swings once.
    Shapes: N × L → real N × L/2 + 1, imag N × L/2 + 1
    PyTorch: torch.fft.rfft
    """

    synonyms = ("fourier", "spectrum", "frequency", "real", "audio")

    def call(self, x: Float) -> Call:
        return self._both(x, None, "x")


class IRFFT(_Fourier):
    """The real sequence that half a spectrum stands for: the way back from RFFT.

    $x_t = (1/L) Σ_k X_k e^{2πi k t / L}$. The half that is not there mirrors the other. It comes out with `n`
    numbers: twice one less than the frequencies, or set it for an odd length.

    Example: real = [[0, 2, 0]], imag = [[0, 0, 0]] → [[1, 0, -1, 0]]
    Shapes: real and imag N × L/2 + 1 → N × L
    PyTorch: torch.fft.irfft
    """

    synonyms = ("inverse fourier", "spectrum", "frequency", "real", "back")

    n: int | None = param(None, "How many numbers come out; empty: an even count that fits.", min=1, max=2**24,
                          row="length")

    def outputs(self) -> tuple[str, ...]:
        return ("out",)

    def call(self, real: Float, imag: Float) -> Call:
        at = self._checked(real, imag, "real")
        if self.n is None and real.size(at) < 2:
            raise Misfit("at least two frequencies", port="real", hint="Set n for a single one.")
        return function(_BLOCKS + "irfft", dim=self.dim, norm=self.norm, n=self.n)


class _Plane(_Fourier):
    """The same along the last two axes."""

    dim: int = param(-1, "The second of the two axes.", min=-8, max=7, advanced=True)

    def _at(self, x: Spec) -> int:
        at = super()._at(x)
        if at - 1 < (1 if x.batched else 0):
            raise Misfit("images", axes="… × H × W", hint="It needs two axes beside the batch.")
        return at


class FFT2(_Plane):
    """An image as a sum of waves in all directions.

    $X_{kl} = Σ_m Σ_n x_{mn} e^{-2πi (k m / H + l n / W)}$. As FFT along axis `dim` and along the one before it,
    normally the height and width. Blur and repeating patterns show as what is missing, and as bright points.

    Example: [[[1, 2], [3, 4]]] → real = [[[10, -2], [-4, 0]]], imag = [[[0, 0], [0, 0]]], with the sum of all in the
    corner.
    Shapes: x and imag N × C × H × W → real the same, imag the same
    PyTorch: torch.fft.fft2
    """

    synonyms = ("fourier", "spectrum", "image frequency", "filter")

    def call(self, x: Float, imag: Float | None = None) -> Call:
        return self._both(x, imag, "x")


class IFFT2(_Plane):
    """The image that a spectrum of waves stands for: the way back from FFT2.

    $x_{mn} = 1/(H W) Σ_k Σ_l X_{kl} e^{2πi (k m / H + l n / W)}$, along axis `dim` and the one before it.

    Example: [[[10, -2], [-4, 0]]] → real = [[[1, 2], [3, 4]]], imag = [[[0, 0], [0, 0]]]
    Shapes: real and imag N × C × H × W → real the same, imag the same
    PyTorch: torch.fft.ifft2
    """

    synonyms = ("inverse fourier", "spectrum", "image frequency", "back")

    def call(self, real: Float, imag: Float | None = None) -> Call:
        return self._both(real, imag, "real")
