"""Which controller may exist on which machine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pcisolve.core.shortage import Shortage
from pcisolve.core.words import did_you_mean
from pcisolve.problem.parts import Controller
from pcisolve.problem.problem import Problem
from pcisolve.rules.blame import machine_notes
from pcisolve.rules.inputs import InputRule
from pcisolve.rules.rule import Point, Question, Telling, name_of

if TYPE_CHECKING:
    from pcisolve.placing.layout_model import LayoutModel


class ControllerRule(InputRule[Controller]):
    """Shared by rules about what a PCI controller of the input is."""

    placeless = False

    def among(self, problem: Problem) -> Iterable[Controller]:
        return (one for one in problem.controllers if one.node is not None)


def _point(case: Controller, attribute: str = "model") -> tuple[Point, ...]:
    node = case.place_node if attribute == "address" else (case.node or case.view)
    return (Point(node, attribute if attribute in node.attributes else ""),)


class ModelRequired(ControllerRule):
    """A PCI controller says which model it is, in a word libvirt knows."""

    id = "model-required"
    carries = True
    source = "libvirt src/qemu/qemu_validate.c, tried with 9.0.0"
    allows = ("q35: <controller type='pci' index='1' model='pcie-root-port'/>",)
    forbids = ("q35: <controller type='pci' index='1'/>", "q35: <controller type='pci' index='1' model='root-port'/>")

    def cases(self, question: Question) -> Iterable[Controller]:
        return [one for one in question.problem.controllers if not self.keeps(question.problem, one)]

    def keeps(self, problem: Problem, case: Controller) -> bool:
        return case.model is not None

    def tell(self, question: Question, case: Controller) -> Telling:
        word = case.view.get("model")
        known = [model.name for model in question.problem.catalog.controllers()]
        if word is None:
            return Telling(f"PCI controller {case.index} has no model; one of {', '.join(sorted(known))}", _point(case))
        return Telling(f'no PCI controller model is called "{word}": {did_you_mean(word, known)}', _point(case))


class RootModel(ControllerRule):
    """The controller with index 0 is the root the machine has.

    Where the first PCI controller has no index it gets index 0, so that a list without a root breaks
    this too.
    """

    id = "root-model-mismatch"
    carries = True
    follows_from = ("rfc-zero-root",)
    source = "libvirt src/qemu/qemu_domain.c qemuDomainDefAddDefaultDevices, tried with 9.0.0"
    allows = ("q35: <controller type='pci' index='0' model='pcie-root'/>",)
    forbids = (
        "q35: <controller type='pci' index='0' model='pci-root'/>",
        "q35: <controller type='pci' model='pcie-root-port'/>",
    )

    def cases(self, question: Question) -> Iterable[Controller]:
        return [one for one in question.problem.controllers if not self.keeps(question.problem, one)]

    def keeps(self, problem: Problem, case: Controller) -> bool:
        machine = problem.machine
        if case.index != 0 or case.model is None:
            return True
        if not machine.root:
            return case.is_root
        return case.model.name == machine.root

    def tell(self, question: Question, case: Controller) -> Telling:
        machine = question.problem.machine
        root = machine.root or "a root"
        got = "" if case.index_given else " (the first PCI controller without an index gets index 0)"
        message = (
            f"the PCI controller with index 0 must be {root} on {machine.family}, but it is {case.model_name}{got}"
        )
        return Telling(message, _point(case), machine_notes(question.problem))


class RootAddress(ControllerRule):
    """A root controller is not plugged in anywhere, so it has no address."""

    id = "root-has-no-address"
    source = "libvirt src/qemu/qemu_validate.c, tried with 9.0.0"
    allows = ("q35: <controller type='pci' index='0' model='pcie-root'/>",)
    forbids = ("q35: <controller type='pci' index='0' model='pcie-root'><address type='pci' slot='2'/></controller>",)

    def cases(self, question: Question) -> Iterable[Controller]:
        return [one for one in question.problem.controllers if not self.keeps(question.problem, one)]

    def keeps(self, problem: Problem, case: Controller) -> bool:
        return not case.is_root or case.address_type == ""

    def tell(self, question: Question, case: Controller) -> Telling:
        return Telling(f"{name_of(case)} is a root and cannot have an address", _point(case, "address"))


class ExtraRoot(ControllerRule):
    """In today's scheme only some machines have roots besides the one with index 0.

    In the multi-domain scheme every root is a PCI domain of its own, as many as the machine's model says.
    """

    id = "pci-root-extra-machine"
    carries = True
    source = "libvirt src/qemu/qemu_domain.c qemuDomainControllerDefPostParse, tried with 9.0.0"
    allows = ("pseries: <controller type='pci' index='1' model='pci-root'/>",)
    forbids = ("q35: <controller type='pci' index='1' model='pcie-root'/>",)

    def cases(self, question: Question) -> Iterable[Controller]:
        if not question.problem.flat:
            return ()
        return [one for one in question.problem.controllers if not self.keeps(question.problem, one)]

    def keeps(self, problem: Problem, case: Controller) -> bool:
        if case.model is None or not case.is_root or case.index == 0:
            return True
        return problem.machine.family in case.model.extra_roots_on

    def tell(self, question: Question, case: Controller) -> Telling:
        family = question.problem.machine.family
        message = f"{name_of(case)} is a second root, which {family} does not have; a root has index 0"
        message += f" (--scheme multi-domain makes it PCI domain {case.index})"
        return Telling(message, _point(case, "index"), machine_notes(question.problem))


class RootCount(ControllerRule):
    """A machine has only so many root controllers."""

    id = "roots-per-machine"
    source = "libvirt target index 0..30 on pseries; the machine's model in the multi-domain scheme"
    allows = (
        "pseries: <controller type='pci' index='5' model='pci-root'/><memballoon model='virtio'>"
        "<address type='pci' domain='5' bus='0' slot='3'/></memballoon>",
    )

    def cases(self, question: Question) -> Iterable[Controller]:
        limit = _root_limit(question.problem)
        return question.problem.roots[limit:] if not question.problem.flat else ()

    def keeps(self, problem: Problem, case: Controller) -> bool:
        return case in problem.roots[: _root_limit(problem)]

    def post(self, model: LayoutModel) -> None:
        everywhere = range(len(model.space.tops) + 1)
        model.at_most(model.buses(everywhere, lambda host: host.model.root), _root_limit(model.problem))

    def tell(self, question: Question, case: Controller) -> Telling:
        problem = question.problem
        message = f"{len(problem.roots)} root controllers; {problem.machine.family} has at most {_root_limit(problem)}"
        short = Shortage("root controllers", len(problem.roots), _root_limit(problem))
        return Telling(message, _point(case), shortages=(short,))


def _root_limit(problem: Problem) -> int:
    return problem.machine.roots_flat if problem.flat else problem.machine.roots_multi_domain


class ModelMachine(ControllerRule):
    """Expander buses exist only on some machines."""

    id = "controller-machine"
    carries = True
    source = "libvirt src/qemu/qemu_domain.c, tried with 9.0.0: pci-expander-bus-machine, pcie-expander-bus-machine"
    allows = ("pc: <controller type='pci' index='1' model='pci-expander-bus'/>",)
    forbids = ("q35: <controller type='pci' index='1' model='pci-expander-bus'/>",)

    def cases(self, question: Question) -> Iterable[Controller]:
        return [one for one in question.problem.controllers if not self.keeps(question.problem, one)]

    def keeps(self, problem: Problem, case: Controller) -> bool:
        return case.model is None or not case.model.machines or problem.machine.family in case.model.machines

    def tell(self, question: Question, case: Controller) -> Telling:
        allowed = ", ".join(case.model.machines) if case.model else ""
        family = question.problem.machine.family
        message = f"{name_of(case)} does not exist on {family}, only on {allowed}"
        return Telling(message, _point(case), machine_notes(question.problem))


class ModelName(ControllerRule):
    """<model name> is one of the QEMU devices that implement the controller's model."""

    id = "model-name-match"
    impossible = True
    source = "libvirt src/qemu/qemu_validate.c, tried with 9.0.0"
    allows = ("q35: <controller type='pci' index='1' model='pcie-root-port'><model name='ioh3420'/></controller>",)
    forbids = ("q35: <controller type='pci' index='1' model='pcie-root-port'><model name='pci-bridge'/></controller>",)

    def cases(self, question: Question) -> Iterable[Controller]:
        return [one for one in question.problem.controllers if not self.keeps(question.problem, one)]

    def keeps(self, problem: Problem, case: Controller) -> bool:
        name = case.view.get("model/name")
        return name is None or case.model is None or name in self._names(problem, case)

    def _names(self, problem: Problem, case: Controller) -> tuple[str, ...]:
        if case.model is None:
            return ()
        if case.is_root:
            return (problem.machine.root_name,) if problem.machine.root_name else ()
        return case.model.qemu_names

    def tell(self, question: Question, case: Controller) -> Telling:
        names = self._names(question.problem, case)
        fitting = " or ".join(names) if names else "no <model name> at all"
        name = case.view.get("model/name")
        message = f'{name_of(case)} cannot have the model name "{name}"; it takes {fitting}'
        node = case.view.first("model") or case.view
        return Telling(message, (Point(node, "name"),))


RULES: tuple[ControllerRule, ...] = (
    ModelRequired(),
    RootModel(),
    RootAddress(),
    ExtraRoot(),
    RootCount(),
    ModelMachine(),
    ModelName(),
)
