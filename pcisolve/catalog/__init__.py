"""What is known of controllers, machines, devices and platforms: the reader of models/."""

from pcisolve.catalog.catalog import NEWEST, OLDEST, Catalog, load_catalog

__all__ = ["NEWEST", "OLDEST", "Catalog", "load_catalog"]
