"""Which packages there are, and which modules become machine code.

The packages are pcisolve and its rooms, plus models/ as pcisolve.models. The modules that every guest passes through
are compiled by mypyc where that works: docs/decisions/6-compiled.md has what it brings. Where it does not (no C
compiler, an unknown Python), or with PCISOLVE_PURE=1, the same source runs as it is, slower.

All else is in pyproject.toml, which can say neither "found, and one more" nor "compiled if it can be".
"""

import os
from pathlib import Path

from setuptools import Distribution, Extension, find_packages, setup
from setuptools.command.build_ext import build_ext

COMPILED = (
    "core/*.py",
    "catalog/*.py",
    "libvirt/*.py",
    "problem/*.py",
    "firstfit/*.py",
    "firmware/**/*.py",
    "rules/**/*.py",
    "verdict/text.py",
    "verdict/values.py",
    "explain/*.py",
    "solver/judge.py",
    "solver/resettle.py",
    "ops/placed.py",
    "ops/refuse.py",
    "ops/solve.py",
    "ops/write.py",
)


def extensions() -> list[Extension]:
    """One library of all compiled modules, so that calls between them are direct; none where mypyc gives up."""
    found = {str(path) for pattern in COMPILED for path in Path("pcisolve").glob(pattern)}
    modules = sorted(path for path in found if not path.endswith("__init__.py"))
    try:
        from mypyc.build import mypycify

        options = {"group_name": "pcisolve", "opt_level": "2", "debug_level": "0"}
        return mypycify(["--config-file", "mypyc.ini", *modules], **options)
    except (ImportError, SystemExit) as reason:
        print(f"pcisolve is not compiled: mypyc: {reason}")
        return []


class Compiled(Distribution):
    """Has extensions, which are only known once they are to be built: to know them takes mypyc seconds."""

    def has_ext_modules(self) -> bool:
        return not os.environ.get("PCISOLVE_PURE")


class BuildAllOrNone(build_ext):
    """A part of the compiled modules is worth nothing: each needs the library of all."""

    def run(self) -> None:
        self.distribution.ext_modules = self.extensions = extensions()
        self.swig_opts = None  # as before the first time:
        self.finalize_options()  # once more, now that they are known
        super().run()

    def build_extensions(self) -> None:
        self.parallel = os.cpu_count()
        # What the C code is warned of nobody reads, and looking for it takes longer than compiling.
        self.compiler.compiler_so = [flag for flag in self.compiler.compiler_so if flag not in ("-Wall", "-g", "-O3")]
        try:
            super().build_extensions()
        except Exception as reason:
            print(f"pcisolve is not compiled: {reason}")
            for one in self.extensions:
                Path(self.get_ext_fullpath(one.name)).unlink(missing_ok=True)
            self.extensions = self.distribution.ext_modules = []


setup(
    packages=[*find_packages(include=["pcisolve", "pcisolve.*"]), "pcisolve.models"],
    distclass=Compiled,
    cmdclass={"build_ext": BuildAllOrNone},
)
