"""The language server: what an editor shows while domain XML and plans are written. Needs pygls, the extra [lsp]."""
