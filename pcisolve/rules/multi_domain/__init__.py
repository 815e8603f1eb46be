"""The multi-domain scheme: root N is domain N; a child N below it is bus N of that domain."""

PROPOSAL = "Richard Hansen's multi-domain proposal to libvirt (2022)"
