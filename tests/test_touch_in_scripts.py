"""A hand in a network from scripts and from commands."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

import neuralgraph as ng
from neuralgraph.cli import app
from neuralgraph.graph.touches import Spot, Touches, named
from neuralgraph.resources import examples

IRIS = examples() / "iris.ngraph"


def test_a_view_of_what_would_be() -> None:
    graph = ng.load(IRIS)
    touched = {"hidden": {"bias[3]": 7.5}}
    found = ng.touch(graph, touched)
    direct = ng.inspect(graph, "weights", "hidden", touches=touched, which="bias")
    handed = ng.inspect(graph, "weights", "hidden", run=found, which="bias")  # type: ignore[arg-type]
    assert "3,7.5" in direct.csv() and direct.csv() == handed.csv()
    assert "7.5" not in ng.inspect(graph, "weights", "hidden", which="bias").csv()
    assert found.part == "validation" and found.rows == 30 and found.after["loss"] != found.before["loss"]


def test_by_command() -> None:
    words = ["inspect", str(IRIS), "--node", "hidden", "--view", "weights", "--set", "which=bias", "--json"]
    done = CliRunner().invoke(app, [*words, "--touch", "hidden.bias[0]=7,5", "--touch", "logits[1]=0"])
    assert done.exit_code == 0 and "0,7.5" in json.loads(done.stdout)["csv"]


@pytest.mark.parametrize("wrong", ["hidden.bias", "hidden.bias[0]=much", "=3"])
def test_a_command_that_is_none_is_refused(wrong: str) -> None:
    done = CliRunner().invoke(app, ["inspect", str(IRIS), "--node", "hidden", "--view", "weights", "--touch", wrong])
    assert done.exit_code != 0
    assert "--touch takes" in str(done.exception or done.output)


def test_places_are_read() -> None:
    assert named("weight[3, 2]") == ("weight", (3, 2)) and named("[4]") == ("", (4,)) == named(" [ 4 ] ")
    assert named("out[:, 2]") == ("out", (None, 2)) and named("a.weight[0]") == ("a.weight", (0,)) and named("x") == (
        "x", ())
    for wrong in ("", "weight[", "weight[-1]", "weight[1.5]", "a b[1]"):
        with pytest.raises(ng.api.ParameterError):
            named(wrong)


def test_touches_are_values() -> None:
    spot, other = Spot("a", "weight", (1, 2)), Spot("a", "out", (None, 3))
    some = Touches().number(spot, 2).hold(other, "mean").skip("b")
    assert len(some) == 3 and some.said() == "1 number changed, 1 held, b skipped"
    assert str(spot) == "a weight[1, 2]" and str(other) == "a out[:, 3]"
    assert some.without(spot).without(other).without("b") == Touches() and not Touches()
    assert some.key == Touches().skip("b").hold(other, "mean").number(spot, 2.0).key != Touches().key
