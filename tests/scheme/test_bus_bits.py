"""--bus-bits 8: what is chosen and repaired keeps it as well as what is written."""

from __future__ import annotations

import pcisolve
from pcisolve.api.options import make_options
from tests.support import QUIET, controller, domain


def test_bus_bits_bound_the_indexes_that_are_chosen_and_repaired() -> None:
    roots = QUIET + controller(0, "pcie-root") + controller(250, "pcie-root")
    ports = controller(255, "pcie-root-port", "fa:0:1.0") + controller(None, "pcie-root-port", "fa:0:2.0")
    eight = make_options(scheme="multi-domain", bus_bits=8)
    solved = pcisolve.load(domain("q35", roots + ports)).solve(eight).verdict
    assert (solved.status, sorted(one.index for one in solved.controllers)[-2:]) == ("solved", [251, 255])
    wide = pcisolve.load(domain("q35", roots + controller(300, "pcie-root-port", "fa:0:1.0")))
    assert [one.code for one in wide.check(eight).findings] == ["rfc-bus-bits"]
    mended = wide.repair(eight)
    assert (mended.left, mended.removes) == (0, ())
    assert pcisolve.load(mended.data).check(eight).status == "solved"
