"""Images from folders, archives and CIFAR's batches: what is right is read, what is wrong is named by its file."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import neuralgraph as ng
from neuralgraph.data import archives, pictures
from neuralgraph.data.reach import Reach
from neuralgraph.data.sources import deliver, describe
from neuralgraph.errors import DataError, OutsideError
from neuralgraph.nodes import CATALOG


def picture(path: Path, colour: Any, size: tuple[int, int] = (6, 4), mode: str = "RGB") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path)


def folder(root: Path, start: str = "") -> Path:
    picture(root / start / "dog" / "1.png", (0, 0, 255))
    picture(root / start / "cat" / "1.png", (255, 0, 0), (9, 9))
    picture(root / start / "cat" / "2.bmp", 51, (3, 5), "L")
    return root


def read(path: Path, **settings: Any) -> Any:
    node = CATALOG["ImageFolder"](path=str(path), **settings)
    found = deliver(node)
    assert dict(describe(node)) == dict(found.specs)
    return found


def zipped(root: Path, to: Path) -> Path:
    with zipfile.ZipFile(to, "w") as file:
        for one in sorted(root.rglob("*")):
            file.write(one, one.relative_to(root).as_posix())
    return to


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("colour", ["colour", "grey"])
def test_folders_are_classes(packed: bool, colour: str, tmp_path: Path) -> None:
    root = folder(tmp_path / "pets")
    found = read(zipped(root, tmp_path / "pets.zip") if packed else root, size=(4, 6), colour=colour)
    assert found.arrays["x"].shape == (3, 3 if colour == "colour" else 1, 4, 6)
    assert found.class_names == ("cat", "dog")
    assert found.arrays["y"].tolist() == [0, 0, 1]
    assert found.arrays["x"][1] == pytest.approx(0.2)
    if colour == "colour":
        assert found.arrays["x"][0, :, 2, 3].tolist() == [1.0, 0.0, 0.0]


@pytest.mark.parametrize("packed", [False, True])
def test_a_test_folder_is_never_trained_on(packed: bool, tmp_path: Path) -> None:
    root = folder(folder(tmp_path / "pets", "train"), "test")
    (root / "train" / "cat" / "notes.txt").write_text("x")
    found = read(zipped(root, tmp_path / "pets.zip") if packed else root, size=4)
    assert (found.rows, found.test_rows) == (6, 3)
    assert found.notes == ("1 files were left out: they are no images.",)
    assert read(root, size=4, most=1).rows == 4


def test_transparency_sixteen_bits_palettes_and_turned_photos(tmp_path: Path) -> None:
    root = tmp_path / "a"
    picture(root / "k" / "1.png", (0, 0, 0, 0), mode="RGBA")
    Image.fromarray(np.full((4, 4), 65535, np.uint16)).save(root / "k" / "2.png")
    Image.new("RGB", (4, 4), (255, 255, 255)).convert("P").save(root / "k" / "3.gif")
    assert read(root, size=2).arrays["x"].min() == 1.0
    wide = Image.new("RGB", (8, 4), "white")
    wide.paste("black", (0, 0, 4, 4))
    exif = Image.Exif()
    exif[0x0112] = 6  # held upright
    wide.save(root / "k" / "0.jpg", exif=exif, quality=95)
    x = read(root, size=4).arrays["x"][0, 0]
    assert x[0].max() < 0.1 and x[3].min() > 0.9


@pytest.mark.parametrize(("fit", "edge", "middle"), [("stretch", 0.5, 0.5), ("crop", 0.5, 0.5), ("pad", 0.0, 0.5)])
def test_how_a_wide_image_fits(fit: str, edge: float, middle: float, tmp_path: Path) -> None:
    picture(tmp_path / "k" / "1.png", (128, 128, 128), (40, 10))
    x = read(tmp_path, size=8, fit=fit).arrays["x"][0, 0]
    assert x[0, 4] == pytest.approx(edge, abs=0.01) and x[4, 4] == pytest.approx(middle, abs=0.01)


def test_broken_images_are_named(tmp_path: Path) -> None:
    root = folder(tmp_path)
    whole = (root / "dog" / "1.png").read_bytes()
    for spoilt in (whole[:-30], whole[:20], b"", b"GIF89a", b"%!PS-Adobe-3.0 EPSF-3.0\n"):
        (root / "dog" / "1.png").write_bytes(spoilt)
        with pytest.raises(DataError, match=r"dog/1\.png is no image"):
            read(root, size=4)
    huge = io.BytesIO()
    Image.new("1", (9000, 9000)).save(huge, "PNG")
    (root / "dog" / "1.png").write_bytes(huge.getvalue())
    with pytest.raises(DataError, match=r"dog/1\.png has 9,000 × 9,000 pixels"):
        read(root, size=4)


def test_what_cannot_be_images_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="There is no folder"):
        read(tmp_path / "absent")
    (tmp_path / "flat").mkdir()
    picture(tmp_path / "flat" / "1.png", 0)
    with pytest.raises(DataError, match="holds no images in folders by class"):
        read(tmp_path / "flat")
    root = folder(folder(tmp_path / "pets", "train"), "test")
    picture(root / "test" / "bird" / "1.png", 0)
    with pytest.raises(DataError, match="'bird' that train does not have"):
        read(root)
    monkeypatch.setattr(pictures, "MOST_BYTES", 1 << 20)
    many = read(folder(tmp_path / "many"), size=512)
    assert "3 images take 0.0 GB as numbers: they stay on the disk" in many.notes[-1]


def test_a_bad_archive_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(folder(tmp_path / "pets"), tmp_path / "pets.zip")
    whole = path.read_bytes()
    for spoilt in (whole[:-40], b"", b"PK\5\6", whole[60:], whole.replace(b"IDAT", b"IDAX")):
        path.write_bytes(spoilt)
        with pytest.raises(DataError, match=r"pets\.zip"):
            read(path)
    path.write_bytes(whole)
    monkeypatch.setattr(archives, "MOST_BYTES", 20)
    with pytest.raises(DataError, match=r"pets\.zip/cat/1\.png has \d+ bytes; at most 20"):
        read(path)
    monkeypatch.setattr(archives, "MOST_LISTED", 20)
    path.write_bytes(whole)
    with pytest.raises(DataError, match="list of contents has"):
        read(path, size=7)


def test_a_link_must_not_lead_out(tmp_path: Path) -> None:
    home = folder(tmp_path / "home")
    picture(tmp_path / "elsewhere" / "1.png", 0)
    guarded = Reach(home, guarded=True)
    node = CATALOG["ImageFolder"](path=".", size=4)
    assert deliver(node, guarded).rows == 3
    (home / "cat" / "3.png").symlink_to(tmp_path / "elsewhere" / "1.png")
    with pytest.raises(OutsideError):
        deliver(node, guarded)
    (home / "cat" / "3.png").unlink()
    (home / "bird").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutsideError):
        deliver(node, guarded)
    assert deliver(CATALOG["ImageFolder"](path=str(home), size=4)).rows == 4


def batch(path: Path, rows: int, marks: int = 1, top: int = 10) -> None:
    data = np.arange(rows * (marks + 3072), dtype=np.int64).astype(np.uint8).reshape(rows, marks + 3072)
    data[:, :marks] = np.arange(rows)[:, None] % top
    path.write_bytes(data.tobytes())


def test_cifar_in_its_binary_form(tmp_path: Path) -> None:
    node = CATALOG["CifarBinary"](path=str(tmp_path))
    with pytest.raises(DataError, match=r"neither data_batch_1\.bin"):
        deliver(node)
    batch(tmp_path / "data_batch_1.bin", 12)
    batch(tmp_path / "data_batch_2.bin", 5)
    batch(tmp_path / "test_batch.bin", 3)
    found = deliver(node)
    assert dict(describe(node)) == dict(found.specs)
    assert (found.rows, found.test_rows, found.class_names[9]) == (20, 3, "9")
    assert found.arrays["x"][0, 0, 0, 1] == np.float32(2 / 255)
    (tmp_path / "batches.meta.txt").write_text("\n".join(f"k{n}" for n in range(10)) + "\n\n")
    batch(tmp_path / "data_batch_2.bin", 4)
    assert deliver(node).class_names[9] == "k9"
    batch(tmp_path / "data_batch_2.bin", 12, top=12)
    with pytest.raises(DataError, match=r"data_batch_2\.bin, image 10: class 10") as caught:
        deliver(node)
    assert caught.value.row == 10
    (tmp_path / "test_batch.bin").write_bytes(bytes(3000))
    with pytest.raises(DataError, match=r"test_batch\.bin has 3,000 bytes"):
        describe(node)


def test_cifar_100_fine_and_coarse(tmp_path: Path) -> None:
    batch(tmp_path / "train.bin", 6, 2)
    assert describe(CATALOG["CifarBinary"](path=str(tmp_path)))["y"].classes == 100
    assert describe(CATALOG["CifarBinary"](path=str(tmp_path), labels="coarse"))["y"].classes == 20


def test_cifar_10_opens_and_a_small_network_learns_from_it(shared_data: Path) -> None:
    graph = ng.Graph()
    data = graph.add("ImageFolder", path=str(shared_data / "cifar10-images.zip"), size=16, most=40)
    x = graph.add("Conv2d", data["x"], out_channels=8, kernel_size=3, padding=1)
    x = graph.add("MaxPool2d", graph.add("ReLU", x), kernel_size=2)
    x = graph.add("Linear", graph.add("Flatten", x), out_features=10)
    graph.add("CrossEntropyLoss", x, data["y"], id="cost")
    run = ng.train(graph, epochs=8, batch_size=32, optimizer="Adam", lr=3e-3, seed=0, validation=0.1)
    assert run.history["loss"][-1] < 0.85 * run.history["loss"][0]
