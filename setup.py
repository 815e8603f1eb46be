"""Which packages there are: pcisolve and its rooms, plus models/ as pcisolve.models.

All else is in pyproject.toml, which cannot say "found, and one more".
"""

from setuptools import find_packages, setup

setup(packages=[*find_packages(include=["pcisolve", "pcisolve.*"]), "pcisolve.models"])
