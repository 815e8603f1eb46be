"""Devices of a plan that have their places before anything is decided: an earlier layout's, and the chipset's."""
