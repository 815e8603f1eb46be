"""Pictures: a value tree of what is plugged into what, folded, laid out, and written as SVG, HTML, dot or Mermaid.

Nothing here knows guests, plans or hosts: whoever has something to draw makes a Picture of it.
"""
