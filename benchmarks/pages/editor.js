// SPDX-License-Identifier: Apache-2.0
// A code editor: files with little icons, tabs, coloured code, a status bar.
const FILES = [
  ["d", 0, "harbour"], ["d", 1, "docs"], ["m", 2, "tides.md"], ["m", 2, "charts.md"], ["d", 1, "harbour"],
  ["p", 2, "__init__.py"], ["p", 2, "berths.py"], ["p", 2, "pilots.py"], ["p", 2, "signals.py"], ["p", 2, "weather.py"],
  ["d", 1, "tests"], ["p", 2, "test_berths.py"], ["p", 2, "test_signals.py"], ["d", 1, "web"], ["j", 2, "map.ts"],
  ["j", 2, "socket.ts"], ["h", 2, "index.html"], ["s", 2, "style.css"], ["g", 1, ".gitignore"], ["t", 1, "pyproject.toml"],
  ["m", 1, "README.md"], ["l", 1, "LICENSE"],
];
const ICONS = {
  d: '<path d="M1 3h4l1.5 1.5H13V12H1z" fill="#e0a84e"/><path d="M1 5.5h12V12H1z" fill="#f4c76b"/>',
  p: '<path d="M7 1c-3 0-3 1.2-3 2.6V5h3v.7H2.8C1.4 5.7 1 7 1 8s.5 2.3 1.8 2.3H4V8.6C4 7.3 5 7 6 7h2.6C9.6 7 10 6.4 10 5.5V3C10 1.6 9 1 7 1z" fill="#3b78b0"/><path d="M7 13c3 0 3-1.2 3-2.6V9H7v-.7h4.2C12.6 8.3 13 7 13 6s-.5-2.3-1.8-2.3H10v1.7C10 6.7 9 7 8 7H5.4C4.4 7 4 7.6 4 8.5V11c0 1.4 1 2 3 2z" fill="#f2cf4a"/>',
  m: '<rect y="2.5" width="14" height="9" rx="1.5" fill="#4f9cd9"/><path d="M2.5 9.5v-5l2 2.5 2-2.5v5M10 4.5v4.5M8.3 7.3 10 9.3l1.7-2" stroke="#fff" fill="none"/>',
  j: '<rect width="14" height="14" rx="1.5" fill="#3178c6"/><path d="M2.5 6.5h5M5 6.5V12M12 7.3c-.6-1-3.2-1-3.2.5 0 1.7 3.3 1 3.3 2.9 0 1.6-2.7 1.7-3.5.3" stroke="#fff" fill="none" stroke-width="1.3"/>',
  h: '<path d="M5 3 1.5 7 5 11M9 3l3.5 4L9 11" stroke="#e44d26" stroke-width="1.8" fill="none"/>',
  s: '<path d="M5 1 3.5 13M10.5 1 9 13M1.5 4.5h11M1 9.5h11" stroke="#a96fd0" stroke-width="1.6"/>',
  g: '<path d="M7 .5 13.5 7 7 13.5.5 7z" fill="#e8573f"/><circle cx="5.3" cy="5.3" r="1.2" fill="#fff"/><circle cx="8.7" cy="8.7" r="1.2" fill="#fff"/><path d="M5.3 5.3 8.7 8.7" stroke="#fff"/>',
  t: '<circle cx="7" cy="7" r="4" fill="none" stroke="#8a93a5" stroke-width="2.5"/><path d="M7 0v14M0 7h14M2 2l10 10M12 2 2 12" stroke="#8a93a5" stroke-width="1.2"/>',
  l: '<circle cx="7" cy="5" r="4" fill="#d9b23c"/><path d="M5 8.5 3.5 13.5 7 11.5l3.5 2L9 8.5z" fill="#c4574e"/>',
};
const CODE = `# Which ship lies where, and how long it may stay.
from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta

TIDE = timedelta(hours=12, minutes=25)
DEEPEST = 14.5  # metres at low water


@dataclass(frozen=True)
class Berth:
    """A place at the quay: its number, its depth and what lies there."""

    number: int
    depth: float
    ships: list[str] = field(default_factory=list)

    def takes(self, ship: Ship, when: datetime) -> bool:
        """Whether there is water enough under the keel at that time."""
        phase = math.tau * ((when - EPOCH) / TIDE % 1.0)
        water = self.depth + 2.25 * math.cos(phase)
        return water > ship.draught + 0.5 and not self.ships


def assign(berths: list[Berth], waiting: Queue[Ship]) -> dict[str, int]:
    """Give each waiting ship the shallowest berth that takes it."""
    found: dict[str, int] = {}
    for ship in sorted(waiting, key=lambda one: -one.draught):
        free = [b for b in berths if b.takes(ship, ship.due)]
        if not free:
            raise NoBerth(f"{ship.name}: nothing before {ship.due:%H:%M}")
        best = min(free, key=lambda b: b.depth)`.split("\n");
const RULES = [
  ["c", /^#.*|^\s\s#.*/], ["s", /^f?"""(?:[^"]|"(?!""))*"""|^f?"[^"]*"/],
  ["w", /^(?:from|import|class|def|return|for|in|if|not|and|raise|lambda)\b/],
  ["t", /^(?:Berth|Ship|Queue|NoBerth|int|float|str|bool|list|dict|datetime|timedelta)\b/],
  ["d", /^\d+(?:\.\d+)?/], ["n", /^@?[a-z_]+(?=\()|^@\w+/], ["", /^\w+|^\s+|^./],
];
const escape = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
function coloured(line) {
  let out = "";
  while (line) {
    const [kind, form] = RULES.find(([, rule]) => rule.test(line));
    const [text] = form.exec(line);
    const wrong = text === "EPOCH" ? "wrong" : "";
    out += kind || wrong ? `<span class="${kind} ${wrong}">${escape(text)}</span>` : escape(text);
    line = line.slice(text.length);
  }
  return out;
}
const icon = (kind) => `<svg viewBox="0 0 14 14">${ICONS[kind]}</svg>`;
document.body.innerHTML = `
  <div id="side"><h1>EXPLORER</h1>${FILES.map(([kind, deep, name]) =>
    `<div class="${name === "berths.py" ? "on" : ""}" style="padding-left:${18 + 14 * deep}px">${icon(kind)}${name}</div>`).join("")}</div>
  <div id="tabs"><div class="on">berths.py</div><div>signals.py</div><div>map.ts ●</div></div>
  <pre id="code">${CODE.map((line, at) =>
    `<div class="${at === 21 ? "on" : ""}"><i>${at + 1}</i>${coloured(line)}</div>`).join("")}</pre>
  <div id="foot"><span>⎇ main*</span><span>⊗ 1  ⚠ 0</span><span style="margin-left:auto">Ln 22, Col 27</span><span>Spaces: 4</span><span>UTF-8</span><span>Python</span></div>`;
