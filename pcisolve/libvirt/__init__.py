"""libvirt domain XML: read as facts with positions, written back byte for byte but for what changed."""
