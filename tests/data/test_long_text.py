"""Running texts larger than memory: the numbers of the in-memory way, bounded memory, a cache that is found again."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neuralgraph as ng
from neuralgraph import places
from neuralgraph.data import long_reading, long_text, texts, token_files
from neuralgraph.data.delivery import Delivery
from neuralgraph.data.sources import _CACHE, deliver
from neuralgraph.data.stored import Stored
from neuralgraph.errors import DataError
from neuralgraph.nodes import CATALOG

DRAWN = random.Random(0)
WORDS = ("the", "The", "it's", "don’t", "ΟΔΟΣ", "Σ", "naïve", "İstanbul", "…", "a-b", "x'", "日本語", "🙂", "7,5",
         "end.")
TEXT = "".join(DRAWN.choice(WORDS) + DRAWN.choice(("  ", " ", "\n", "\r\n", "\t", ", ")) for _ in range(3000))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(places, "cache", lambda: tmp_path / "cache")
    _CACHE._held.clear()
    return tmp_path / "cache" / "texts"


def little(monkeypatch: pytest.MonkeyPatch, block: int = 97) -> None:
    """Hardly anything fits into memory any more."""
    monkeypatch.setattr(texts, "MOST_BYTES", 100)
    monkeypatch.setattr(long_reading, "BLOCK", block)
    _CACHE._held.clear()


def read(path: Path, **given: Any) -> Delivery:
    return deliver(CATALOG["TextFile"](path=str(path), task="next", **given))


def both(path: Path, monkeypatch: pytest.MonkeyPatch, **given: Any) -> tuple[Delivery, Delivery]:
    held = read(path, **given)
    little(monkeypatch)
    return held, read(path, **given)


@pytest.mark.parametrize("given", [
    {"tokens": "words"}, {"tokens": "words", "lower": True}, {"tokens": "words", "vocabulary": 9},
    {"tokens": "characters"}, {"tokens": "characters", "lower": True}, {"tokens": "characters", "vocabulary": 12},
    {"tokens": "bytes"}, {"tokens": "bytes", "lower": True}, {"tokens": "characters", "stride": 1},
    {"tokens": "words", "stride": 17},
], ids=str)
def test_what_is_read_is_what_memory_would_hold(given: dict[str, Any], tmp_path: Path,
                                                monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.txt"
    path.write_text(TEXT, "utf-8", newline="")
    held, stored = both(path, monkeypatch, length=7, **given)
    for name in ("x", "y"):
        array: Any = stored.arrays[name]
        assert isinstance(array, Stored) and not isinstance(held.arrays[name], Stored)
        assert array.dtype == held.arrays[name].dtype == np.int64
        np.testing.assert_array_equal(array[:], held.arrays[name])
        some = np.random.default_rng(1).integers(0, held.rows, 40)
        np.testing.assert_array_equal(array[some], held.arrays[name][some])
        assert array[-1].tolist() == held.arrays[name][-1].tolist()
    assert (stored.specs, stored.tokens, stored.rows, stored.ordered) == (held.specs, held.tokens, held.rows, True)
    assert "stays on the disk" in stored.notes[0] and stored.stays and stored.notes[1:] == held.notes


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_several_files_are_one_text_in_any_encoding(encoding: str, tmp_path: Path,
                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "play"
    folder.mkdir()
    for at, part in enumerate((TEXT[:4000], "", TEXT[4000:9001])):
        (folder / f"{at}.txt").write_text(part, encoding)
    held, stored = both(folder, monkeypatch, length=5, tokens="words")
    np.testing.assert_array_equal(stored.arrays["x"][:], held.arrays["x"])
    assert stored.tokens == held.tokens


def learned(path: Path, **more: Any) -> Any:
    g = ng.Graph()
    data = g.add("TextFile", path=str(path), task="next", tokens="characters", length=12)
    x = g.add("Embedding", data["x"], num_embeddings=64, embedding_dim=6)
    out = g.add("Permute", g.add("Linear", g.add("GRU", x, hidden_size=9)["output"], out_features=64), dims=(0, 2, 1))
    g.add("CrossEntropyLoss", out, data["y"], id="loss")
    return ng.train(g, epochs=2, batch_size=16, validation=0.2, **more)


def test_it_learns_bit_for_bit_as_from_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.txt"
    path.write_text(TEXT, "utf-8", newline="")
    held = learned(path)
    little(monkeypatch)
    stored = learned(path)
    assert stored.losses == held.losses and stored.history == held.history and stored.final == held.final


def test_many_windows_of_a_short_text_stream_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from neuralgraph.data import reading

    path = tmp_path / "t.txt"
    path.write_text(TEXT, "utf-8")
    held = read(path, tokens="characters", length=20, stride=1)
    monkeypatch.setattr(reading, "MOST_TOKENS", 1000)
    _CACHE._held.clear()
    stored = read(path, tokens="characters", length=20, stride=1)
    assert stored.stays
    np.testing.assert_array_equal(stored.arrays["y"][:], held.arrays["y"])


def test_tokens_are_made_once_and_again_when_the_text_changes(tmp_path: Path, cache: Path,
                                                              monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.txt"
    path.write_text(TEXT, "utf-8")
    little(monkeypatch)
    first = read(path, tokens="words", length=5)
    kept = list(cache.iterdir())
    assert {one.suffix for one in kept} == {".tokens", ".json"} and len(kept) == 2, "nothing is left over"
    _CACHE._held.clear()
    with monkeypatch.context() as patch:
        patch.setattr(token_files, "_made", lambda *_: pytest.fail("made twice"))
        again = read(path, tokens="words", length=5)
    assert again.tokens == first.tokens and not again.changed
    np.testing.assert_array_equal(again.arrays["x"][:], first.arrays["x"][:])
    path.write_text(TEXT + "another word here and there", "utf-8")
    assert again.changed
    assert "another" in read(path, tokens="words", length=5).tokens


@pytest.mark.parametrize("harm", ["gone", "short", "names"])
def test_damaged_tokens_are_made_again(harm: str, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.txt"
    path.write_text(TEXT, "utf-8")
    little(monkeypatch)
    first = read(path, tokens="characters", length=5)
    whole = first.arrays["x"][:]
    tokens, about = next(cache.glob("*.tokens")), next(cache.glob("*.json"))
    if harm == "names":
        about.write_text(json.dumps(json.loads(about.read_text()) | {"names": [1]}))
    else:
        tokens.unlink() if harm == "gone" else tokens.write_bytes(b"ab")
        with pytest.raises(DataError, match=r"tokens of t\.txt in the cache folder .* are gone or were changed"):
            first.arrays["x"][:3]
        assert first.changed
    _CACHE._held.clear()
    np.testing.assert_array_equal(read(path, tokens="characters", length=5).arrays["x"][:], whole)


def test_a_token_beyond_the_vocabulary_is_named(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.txt"
    path.write_text(TEXT, "utf-8")
    little(monkeypatch)
    found = read(path, tokens="characters", length=5)
    tokens = next(cache.glob("*.tokens"))
    tokens.write_bytes(b"\xfe" * tokens.stat().st_size)
    with pytest.raises(DataError, match=r"one has the number 254, but the vocabulary ends at \d+\. Delete"):
        found.arrays["x"][:3]


def test_the_cache_folder_does_not_grow_without_end(tmp_path: Path, cache: Path,
                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    little(monkeypatch)
    monkeypatch.setattr(token_files, "MOST_KEPT", 3 * len(TEXT))
    for at in range(5):
        path = tmp_path / f"{at}.txt"
        path.write_text(TEXT, "utf-8")
        read(path, tokens="bytes", length=5)
    assert 1 <= len(list(cache.glob("*.tokens"))) < 4 and len(list(cache.iterdir())) % 2 == 0


def test_words_beyond_those_that_are_counted_are_unknown_and_said(tmp_path: Path,
                                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.txt"
    path.write_text("a b c a b d e a\n" * 20)
    little(monkeypatch)
    monkeypatch.setattr(token_files, "MOST_DIFFERENT", 3)
    found = read(path, tokens="words", length=7, stride=8)
    assert [found.tokens[one] for one in found.arrays["x"][0]] == ["a", "b", "c", "a", "b", "?", "?"]
    assert any("More than 3 different words: the 40 that came first" in one for one in found.notes)


@pytest.mark.parametrize(("text", "given", "said"), [
    (b"good\n" * 60 + b"b\xffd\n" + b"x" * 50, {}, r"t\.txt, line 61: a byte that is not UTF-8"),
    (b"good\n" * 60 + b"b\0d\n", {}, r"t\.txt is not a text file"),
    (b"a" * 300, {}, r"more than 200 letters without a space"),
    (b"a b " * 60, {"length": 1000}, r"has 120 tokens, too few for samples of 1000"),
], ids=["bytes", "zeros", "no words", "too few"])
def test_what_is_wrong_is_named(text: bytes, given: dict[str, Any], said: str, tmp_path: Path, cache: Path,
                                monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.txt"
    path.write_bytes(text)
    little(monkeypatch)
    monkeypatch.setattr(long_reading, "LONGEST", 200)
    with pytest.raises(DataError, match=said):
        read(path, tokens="words", **given)
    assert not [one for one in cache.iterdir() if one.name.startswith(".")], "nothing is left over"


def test_too_many_samples_and_a_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.txt"
    path.write_text(TEXT, "utf-8")
    little(monkeypatch)
    monkeypatch.setattr(long_text, "MOST_ROWS", 100)
    with pytest.raises(DataError, match=r"makes [\d,]+ samples; at most 100 are shuffled\. Choose a larger stride"):
        read(path, length=5)
    (tmp_path / "cache").rename(tmp_path / "other")
    (tmp_path / "cache").write_text("in the way")
    with pytest.raises(DataError, match=r"cannot be written to the cache folder .*: Not a directory\."):
        read(path, length=6, lower=True)


TRIED = """
import resource, sys
import numpy as np
from pathlib import Path
from neuralgraph import places
places.cache = lambda: Path(sys.argv[2])
from neuralgraph.data.sources import deliver
from neuralgraph.data.streaming import Stream, streamed
from neuralgraph.nodes import CATALOG
import torch
from neuralgraph.data import texts
texts.MOST_BYTES = 1 << 20
base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = deliver(CATALOG["TextFile"](path=sys.argv[1], task="next", tokens=sys.argv[3], length=64))
parts = [Stream(found.arrays[name], np.arange(found.rows), torch.int64, "cpu") for name in "xy"]
seen = sum(len(x) for x, y in streamed(parts, torch.randperm(found.rows), 256))
assert seen == found.rows
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peaks of memory are told in kilobytes on Linux")
@pytest.mark.parametrize("kind", ["words", "characters"])
def test_memory_stays_small_whatever_the_text_is(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    line = " ".join(f"word{n % 700} and" for n in range(2000)) + "\n"
    path.write_text(line * (24_000_000 // len(line)))
    grown = int(subprocess.run([sys.executable, "-c", TRIED, str(path), str(tmp_path / "c"), kind], check=True,
                               capture_output=True, text=True, timeout=120).stdout)
    assert grown < 160_000, f"{grown} kB for a text of 24 MB, of which x and y alone would be 384 MB in memory"
