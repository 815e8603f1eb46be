"""How pictures look: colours by day and by night, none of which says what shapes and words do not say too."""

from __future__ import annotations

from typing import Final

_DAY: Final = {
    "page": "#f6f7f9",
    "card": "#ffffff",
    "head": "#eef1f5",
    "edge": "#c9d0da",
    "link": "#a3adbb",
    "text": "#1b2330",
    "soft": "#5a6676",
    "root": "#46566b",
    "controller": "#2f6db3",
    "device": "#1f7a68",
    "argument": "#7a55a8",
    "group": "#6b7280",
    "wish": "#2f6db3",
    "added": "#1d7a3e",
    "moved": "#9a5b00",
    "removed": "#69727f",
    "changed": "#7a55a8",
    "fault": "#b3261e",
    "involved": "#9a5b00",
    "fault-card": "#fdf1f0",
    "moved-card": "#fdf7ec",
    "added-card": "#eff8f2",
    "on-mark": "#ffffff",
}
_NIGHT: Final = {
    "page": "#12161c",
    "card": "#1c222b",
    "head": "#232b36",
    "edge": "#3a4553",
    "link": "#5b6879",
    "text": "#e8ecf2",
    "soft": "#a0acbb",
    "root": "#a9b8cc",
    "controller": "#7db3f0",
    "device": "#5ec7b0",
    "argument": "#c3a3ea",
    "group": "#9aa4b2",
    "wish": "#7db3f0",
    "added": "#6fd08f",
    "moved": "#eab54f",
    "removed": "#9aa4b2",
    "changed": "#c3a3ea",
    "fault": "#ff8a80",
    "involved": "#eab54f",
    "fault-card": "#33211f",
    "moved-card": "#2f2718",
    "added-card": "#1a2b20",
    "on-mark": "#12161c",
}
SANS: Final = 'ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif'
MONO: Final = 'ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono","DejaVu Sans Mono",monospace'


def colours(root: str) -> str:
    """The custom properties of both, on an element that a selector names."""
    day, night = (";".join(f"--{name}:{value}" for name, value in one.items()) for one in (_DAY, _NIGHT))
    return f"{root}{{color-scheme:light dark;{day}}}@media (prefers-color-scheme:dark){{{root}{{{night}}}}}"


DRAWING: Final = (
    f".pic text{{font-family:{SANS};fill:var(--text)}}"
    f".pic .mono{{font-family:{MONO};font-size:11px;fill:var(--text)}}"
    ".pic .title{font-size:20px;font-weight:650}"
    ".pic .name{font-size:13px;font-weight:600}"
    ".pic .head-name{font-size:15px;font-weight:650}"
    ".pic .soft{font-size:11px;fill:var(--soft)}"
    ".pic .page{fill:var(--page)}"
    ".pic .panel{fill:var(--card);stroke:var(--edge)}"
    ".pic .head{fill:var(--head)}"
    ".pic .card{fill:var(--card);stroke:var(--edge);stroke-width:1}"
    ".pic .link{fill:none;stroke:var(--link);stroke-width:1.5}"
    ".pic .icon{fill:currentColor}"
    ".pic .root{color:var(--root)}.pic .controller{color:var(--controller)}.pic .device{color:var(--device)}"
    ".pic .argument{color:var(--argument)}.pic .group{color:var(--group)}.pic .wish{color:var(--wish)}"
    ".pic .m-added{--mark:var(--added);--back:var(--added-card)}"
    ".pic .m-moved{--mark:var(--moved);--back:var(--moved-card)}"
    ".pic .m-changed{--mark:var(--changed);--back:var(--card)}"
    ".pic .m-removed,.pic .m-left,.pic .m-lost{--mark:var(--removed);--back:var(--page)}"
    ".pic .m-fault{--mark:var(--fault);--back:var(--fault-card)}"
    ".pic .m-warned,.pic .m-involved{--mark:var(--involved);--back:var(--moved-card)}"
    ".pic .marked>.card{fill:var(--back);stroke:var(--mark);stroke-width:1.5}"
    ".pic .m-fault>.card{stroke-width:2.5}"
    ".pic .m-removed>.card,.pic .m-left>.card,.pic .m-lost>.card,.pic .m-involved>.card{stroke-dasharray:5 3}"
    ".pic .m-removed .name,.pic .m-left .name{text-decoration:line-through;fill:var(--soft)}"
    ".pic .badge{fill:var(--mark)}.pic .badge-text{font-size:10px;font-weight:650;fill:var(--on-mark)}"
    ".pic .note{font-size:11px;fill:var(--mark,var(--soft))}"
    ".pic .bar{fill:var(--card);stroke:var(--edge)}.pic .used{fill:currentColor}"
    ".pic .bar-edge{stroke:var(--text);stroke-width:1}"
)
