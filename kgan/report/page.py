"""The demo's report: one file that asks nothing of a network."""

import base64
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kgan.files import replacing
from kgan.report.scores import number, score_names


@dataclass(frozen=True)
class Report:
    """What the demo found.

    Attributes:
        scores: from `kgan.metrics.evaluation`: `columns` and, for digits, `class_shares`.
        animation, grid: pictures of the samples as they grew, and of the last ones.
        first_theory, last_theory: pictures of the discriminator over D*.
        theory: `theory_value`, `theory_bound` and `theory_rms` after each epoch on the line.
        verdicts: of the claims that were verified.
        facts: what was trained and on what.
        next_steps: commands to try.
    """

    scores: Mapping[str, Any]
    animation: Path
    grid: Path
    first_theory: Path
    last_theory: Path
    theory: Sequence[Mapping[str, float]]
    verdicts: Sequence[Any]
    facts: Mapping[str, Any]
    next_steps: Sequence[str]

    def write(self, path: Path) -> None:
        """Write the report as one file, pictures included."""
        with replacing(path) as temporary:
            temporary.write_text(self._page(), encoding="utf-8")

    def _page(self) -> str:
        sections = (self._samples(), self._scores(), self._theory(), self._claims(), self._next())
        # The policy makes a browser refuse any request, should one ever slip in.
        return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<link rel="icon" href="data:,">
<title>kgan demo</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>A GAN learned digits, and theory checked it</h1>
{_facts(self.facts)}
{"".join(sections)}
</main>
</body>
</html>
"""

    def _samples(self) -> str:
        return f"""<section>
<h2>Samples</h2>
<div class="row">
<figure>{_picture(self.animation, "samples of the same noise, epoch after epoch")}
<figcaption>The same noise, from before training to the last epoch.</figcaption></figure>
<figure>{_picture(self.grid, "grid of samples after the last epoch")}
<figcaption>After the last epoch.</figcaption></figure>
</div>
</section>
"""

    def _scores(self) -> str:
        columns = self.scores["columns"]
        head = "".join(f'<th scope="col">{_text(name)}</th>' for name in columns)
        rows = "".join(
            f'<tr><th scope="row">{_text(score)}</th>'
            + "".join(f"<td>{number(column.get(score))}</td>" for column in columns.values())
            + "</tr>"
            for score in score_names(columns)
        )
        shares = "".join(
            f'<div class="bar"><b>{_text(c)}</b><span style="width:{400 * s:.1f}%"></span>'
            f"<i>{s:.1%}</i></div>"
            for c, s in self.scores.get("class_shares", {}).items()
        )
        accuracy = self.scores.get("judge_accuracy")
        judged = (
            f"<h3>Share of each digit</h3><p>By a classifier that names {accuracy:.1%} of the "
            f'held-out digits rightly.</p><div class="bars">{shares}</div>'
            if shares
            else ""
        )
        return f"""<section>
<h2>Scores, with their baselines</h2>
<p>Measured in {_text(self.scores["extractor"])} with k = {self.scores["neighbours"]} neighbours.
<em>Real halves</em> are two sets of real data, what a perfect generator would score at that size;
the <em>Gaussian</em> has the mean and full covariance of the training data. All of them depend on
the numbers of samples, which are given.</p>
<div class="wide"><table><thead><tr><th scope="col">score</th>{head}</tr></thead>
<tbody>{rows}</tbody></table></div>
{judged}
</section>
"""

    def _theory(self) -> str:
        rows = "".join(
            f'<tr><th scope="row">{row["epoch"]}</th><td>{row["theory_value"]:.4f}</td>'
            f"<td>{row['theory_bound']:.4f}</td><td>{row['theory_rms']:.4f}</td></tr>"
            for row in self.theory
        )
        return f"""<section>
<h2>The learned discriminator over D*</h2>
<p>On the line, where the density of the data is known, the best discriminator is
D*(x) = p<sub>data</sub>(x) / (p<sub>data</sub>(x) + p<sub>g</sub>(x)), and no discriminator has a
value above 2 JS − log 4. p<sub>g</sub> is estimated from the generator's samples.</p>
<div class="row">
<figure>{_picture(self.first_theory, "learned discriminator and D* after the first epoch")}
<figcaption>After the first epoch.</figcaption></figure>
<figure>{_picture(self.last_theory, "learned discriminator and D* after the last epoch")}
<figcaption>After the last epoch.</figcaption></figure>
</div>
<div class="wide"><table><thead><tr><th scope="col">epoch</th><th scope="col">V(D, G)</th>
<th scope="col">2 JS − log 4</th><th scope="col">RMS(D − D*)</th></tr></thead>
<tbody>{rows}</tbody></table></div>
</section>
"""

    def _claims(self) -> str:
        rows = []
        for verdict in self.verdicts:
            legs = verdict.evidence
            claim = verdict.claim
            for place, leg in enumerate(legs):
                first = (
                    f'<th scope="rowgroup" rowspan="{len(legs)}">{_text(claim.id)}</th>'
                    f'<td class="text" rowspan="{len(legs)}">{_text(claim.title)}</td>'
                    f'<td class="text" rowspan="{len(legs)}"><span class="{verdict.status}">'
                    f"{verdict.status}</span></td>"
                )
                upward = leg.kind == "counterexample" or (
                    leg.kind == "control" and not claim.erratum
                )
                bound = f"{'&gt;' if upward else '≤'} {leg.tolerance:.0e}"
                if leg.kind == "symbolic":
                    bound = "exact"
                rows.append(
                    f'<tr>{first if place == 0 else ""}<td class="text">{leg.kind}</td>'
                    f"<td>{f'{leg.residual:.1e}' if leg.residual else '0'}</td>"
                    f"<td>{bound}</td></tr>"
                )
        return f"""<section>
<h2>Claims</h2>
<p>Each is proved or measured again on this machine. A <em>control</em> is a nearby false statement
put through the same check: its residual must be <em>above</em> the tolerance, or the check could
not fail.</p>
<div class="wide"><table><thead><tr><th scope="col">id</th><th scope="col" class="text">claim</th>
<th scope="col" class="text">verdict</th><th scope="col" class="text">check</th>
<th scope="col">residual</th><th scope="col">tolerance</th></tr></thead>
<tbody>{"".join(rows)}</tbody></table></div>
</section>
"""

    def _next(self) -> str:
        lines = "\n".join(map(_text, self.next_steps))
        return f"<section><h2>Next</h2><pre>{lines}</pre></section>"


def _facts(facts: Mapping[str, Any]) -> str:
    return "<dl>" + "".join(
        f"<div><dt>{_text(k)}</dt><dd>{_text(v)}</dd></div>" for k, v in facts.items()
    ) + "</dl>"  # fmt: skip


def _picture(path: Path, says: str) -> str:
    kind = path.suffix.removeprefix(".")
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    return f'<img alt="{_text(says)}" src="data:image/{kind};base64,{data}">'


def _text(value) -> str:
    return html.escape(str(value))


_STYLE = """
:root { color-scheme: light dark; --ink: #1d2329; --soft: #59636e; --page: #fbfbf9;
  --line: #d8dcd6; --accent: #b23a4c; --good: #1b7a3d; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e7ea; --soft: #9aa5b0; --page: #15191d;
  --line: #343b42; --accent: #f08a98; --good: #6fcf8b; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 70rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; } h2 { margin-top: 2.5rem; }
p { max-width: 46rem; } figcaption, dt { color: var(--soft); font-size: .85rem; }
dl { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 0; } dd { margin: 0; }
.row { display: flex; flex-wrap: wrap; gap: 1.5rem; }
figure { margin: 0; flex: 1 1 22rem; max-width: 34rem; }
img { width: 100%; height: auto; background: #fff; border: 1px solid var(--line);
  border-radius: 4px; image-rendering: auto; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .8rem; border-bottom: 1px solid var(--line); text-align: right;
  vertical-align: top; white-space: nowrap; }
th[scope=row], th[scope=rowgroup], tbody th, thead th:first-child, .text { text-align: left; }
td.text { white-space: normal; } tbody th { font-weight: 500; }
.proved, .supported, .refuted { color: var(--good); font-weight: 600; }
.failed { color: var(--bad); font-weight: 600; }
.bars { max-width: 34rem; } .bar { display: flex; align-items: center; gap: .6rem; }
.bar b { width: 1.2rem; } .bar i { font-style: normal; color: var(--soft); }
.bar span { background: var(--accent); height: .8rem; border-radius: 2px; max-width: 80%; }
pre { background: color-mix(in srgb, var(--ink) 7%, transparent); padding: 1rem;
  border-radius: 4px; overflow-x: auto; }
"""
