"""The report: complete, well-formed, readable in both schemes, and alone on the machine."""

import json
import re
from collections import Counter
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

import theory
from theory.claim import TOPICS, Claim, Verdict
from theory.claim.exercises import EXERCISES, exercises
from theory.claim.sources import readable
from theory.report import page
from theory.report.illustration import illustrations
from theory.report.typesetting import mathml, prose

VOID = {"meta", "link", "br", "img", "hr"}
# Claims that no formula says better: scores measured on digits, and the layers of a network.
WORDS = {"A-EVA-03", "A-NN-05"}


class Document(HTMLParser):
    """The elements of a page with their attributes, and whether each is closed where it must."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.text, self.ids = [], [], Counter(), Counter()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        self.ids.update([attributes["id"]] if "id" in attributes else [])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text[self.open[-1] if self.open else ""] += len(data.strip())

    def all(self, name):
        """Every value of an attribute."""
        return [attributes[name] for _, attributes in self.elements if name in attributes]


def verified(*names):
    return {claim: claim.verify() for claim in map(theory.claim.registry.find, names)}


@pytest.fixture(scope="module")
def verdicts():
    """One verdict of each status; the other claims are not verified here, and so have failed."""
    found = verified("A-JS-02", "A-JS-11", "A-GEN-08", "A-GAN-11", "B-E16")
    return [
        found.get(claim, Verdict("failed", (), 0.0, claim, "not verified in this test"))
        for claim in theory.claims()
    ]


@pytest.fixture(scope="module")
def folder(verdicts, tmp_path_factory):
    path = tmp_path_factory.mktemp("report")
    page.write(path, verdicts, EXERCISES, seconds=1.5, jobs=2)
    return path


@pytest.fixture(scope="module")
def html(folder):
    return (folder / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def document(html):
    return Document(html)


@pytest.fixture(scope="module")
def article(html):
    """The part of the page that is about one claim."""
    parts = re.findall(r'<article id="([^"]+)".*?</article>', html, re.DOTALL)
    whole = re.findall(r"<article id=.*?</article>", html, re.DOTALL)
    return dict(zip(parts, whole, strict=True)).__getitem__


# Formulas ----------------------------------------------------------------------------------


def test_every_formula_becomes_mathml():
    for claim in theory.claims():
        if claim.formula:
            root = ElementTree.fromstring(mathml(claim.formula))
            texts = [element.text or "" for element in root.iter()]
            left = [text for text in texts if re.search(r"[\\&_$]|\w[\^~]|[\^~]\w", text)]
            assert not left, (claim.id, left)
            assert not list(root.iter("merror")), claim.id


def test_every_claim_has_a_formula():
    without = {c.id for c in theory.claims() if not c.formula and not c.definition}
    assert without <= WORDS


def test_formulas_are_spaced_and_spelled_as_latex_does():
    def texts(latex):
        root = ElementTree.fromstring(mathml(latex))
        return [(e.tag, e.text, e.get("lspace"), e.get("rspace")) for e in root.iter() if e.text]

    assert texts(r"2 \log 3") == [
        ("mn", "2", None, None),
        ("mo", "log", "0.167em", "0.167em"),
        ("mn", "3", None, None),
    ]
    assert ("mo", "log", "0", "0") in texts(r"\log(x)")
    assert ("mo", "|", "0", "0") in texts("|x|")
    assert ("mo", "E", "0", "0") in texts(r"\operatorname{E}[x]")
    assert ("mo", "log", "0", "0.167em") in texts(r"\log\operatorname{softmax}(a)")
    assert texts("f'(x)")[1] == ("mo", "′", "0", "0")
    assert texts(r"x \to \infty")[2] == ("mi", "∞", None, None)
    assert '<mo form="prefix">−</mo>' in mathml("a = -b")
    assert "<mo>−</mo>" in mathml("(a) - b")
    assert ("mi", "JS", None, None) in texts(r"\mathrm{JS}")
    assert ("mo", "∼", None, None) in texts(r"x \sim p")
    assert ("mo", "{", None, None) in texts(r"\Bigl\{ x \Bigr\}")
    for spelling in (r"\arg\max_D", r"\arg \max_D", r"\operatorname*{arg\,max}_D"):
        assert "<mi>arg</mi>" in mathml(spelling)
        assert "<munder><mo" in mathml(spelling)
    aligned = mathml(r"\begin{aligned} a &= b \\ &= c \end{aligned}")
    assert len(list(ElementTree.fromstring(aligned).iter("mtr"))) == 2


@pytest.mark.parametrize(
    ("plain", "set_"),
    [
        ("E_p_data[x^2] >= -1", "E<sub>p<sub>data</sub></sub>[x<sup>2</sup>] ≥ −1"),
        ("dJS/dtheta_g -> 0", "dJS/dθ<sub>g</sub> → 0"),
        ("e^(mu^2) - 1, D* and *any* G", "e<sup>μ<sup>2</sup></sup> − 1, D* and <em>any</em> G"),
        ("non-saturating from_logits, A-JS-02", "non-saturating from_logits, A-JS-02"),
        ("min_G KL(p || q) < 1 & d != 2", "min<sub>G</sub> KL(p ‖ q) &lt; 1 &amp; d ≠ 2"),
    ],
)
def test_simple_formulas_in_prose_are_set(plain, set_):
    assert prose(plain) == set_


# Figures -----------------------------------------------------------------------------------


def test_every_topic_has_a_figure():
    assert {figure.topic for figure in illustrations()} == set(TOPICS)


def test_figures_show_claims_that_exist():
    built = {claim.id for claim in theory.claims()}
    for figure in illustrations():
        assert figure.claims, figure.name
        assert set(figure.claims) <= built, figure.name


def test_figures_are_complete_and_follow_the_scheme(html, document):
    for figure in illustrations():
        assert document.ids[f"figure-{figure.name}"] == 1
        assert prose(figure.title) in html
    plots = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    assert len(plots) == len(illustrations())
    for plot in plots:
        assert "currentColor" in plot
        assert not re.search(r"#000000|#ffffff|<style|<metadata|<!--", plot)
        assert re.match(r'<svg viewBox="0 0 [\d.]+ [\d.]+" fill="currentColor" role="img"', plot)


def test_a_figure_is_the_same_each_time_and_under_the_readers_own_settings():
    import matplotlib as mpl

    figure = next(f for f in illustrations() if f.name == "pointwise-maximum")
    with mpl.rc_context({"axes.facecolor": "red", "text.color": "white", "font.size": 30}):
        changed = figure.svg()
    assert changed == figure.svg()


# The page ----------------------------------------------------------------------------------


def test_every_claim_and_exercise_is_there_once(document, html):
    wanted = [claim.id for claim in theory.claims()] + [e.name for e in EXERCISES] + [*TOPICS]
    assert {name: document.ids[name] for name in wanted} == dict.fromkeys(wanted, 1)
    for claim in theory.claims():
        assert prose(claim.title) in html
    for exercise in EXERCISES:
        assert prose(exercise.question) in html


def test_ids_are_unique_and_links_lead_somewhere(document):
    assert {name: n for name, n in document.ids.items() if n > 1} == {}
    links = [link.removeprefix("#") for link in document.all("href") if link != "data:,"]
    assert set(links) <= set(document.ids)
    assert set(document.all("aria-labelledby")) <= set(document.ids)


def test_the_page_asks_nothing_of_a_network(document, html):
    for name in ("src", "href", "srcset", "action", "data", "poster", "xlink:href"):
        assert all(re.match(r"#|data:", value) for value in document.all(name))
    assert not re.search(r"https?:|<script|@import|\bon\w+=|<iframe", html)
    assert all(m in "#d" for m in re.findall(r"url\(['\"]?(.)", html))
    assert "default-src 'none'" in html


def test_the_page_is_small_and_well_formed(document, html):
    assert document.open == []
    assert len(html.encode()) < 5_000_000
    tags = Counter(tag for tag, _ in document.elements)
    for landmark in ("header", "nav", "main", "footer", "h1", "title"):
        assert tags[landmark] == (1 if landmark != "title" else tags["title"])
    assert ("html", {"lang": "en"}) in document.elements


def test_an_entry_holds_the_whole_claim(article, verdicts):
    (js,) = (v for v in verdicts if v.claim.id == "A-JS-02")
    text = article("A-JS-02")
    claim = js.claim
    for part in (claim.alias, prose(claim.statement), mathml(claim.formula), "proved"):
        assert part in text
    steps = [step for leg in js.evidence if leg.kind == "symbolic" for step in leg.steps]
    assert f"Proof, {len(steps)} steps" in text
    for part in (*steps, *claim.assumptions, *map(readable, claim.sources)):
        assert prose(part) in text
    for leg in js.evidence:
        assert f"<b>{leg.kind}</b>" in text
        assert f"{leg.tolerance:.3g}" in text or leg.kind == "symbolic"
    assert all(f'href="#{name}"' in text for name in claim.exercises)
    shown = [f.name for f in illustrations() if claim.id in f.claims]
    assert shown
    assert all(f'href="#figure-{name}"' in text for name in shown)


def test_each_theorem_stands_once_beside_a_claim(article, verdicts):
    (js,) = (v for v in verdicts if v.claim.id == "A-JS-02")
    theorems = [leg for leg in js.evidence if leg.kind == "machine-checked"]
    assert theorems
    for leg in theorems:
        assert article("A-JS-02").count(f"<h4>{leg.name}</h4>") == 1


def test_an_erratum_says_what_is_said_and_what_is_right(article):
    text = article("B-E16")
    assert re.search(r"<dt>Said</dt><dd>.+?</dd><dt>Right</dt><dd>.+?</dd>", text)
    assert "<b>counterexample</b>" in text
    for claim in theory.claims():
        if claim.erratum:
            assert "<dt>Right</dt>" in article(claim.id), claim.id


def test_failed_claims_are_shown_as_failed(article, html):
    assert "not verified in this test" in article("A-JS-05")
    assert '<span class="verdict failed">failed</span>' in article("A-JS-05")
    assert '<span class="verdict proved">proved</span>' in article("A-JS-02")
    failed = len(theory.claims()) - 5
    assert f"<strong>{failed} failed.</strong>" in html


def test_the_counts_are_those_of_the_verdicts(html, verdicts):
    for status, count in Counter(v.status for v in verdicts).items():
        cell = f'<th scope="row">{count}</th><td><span class="verdict {status.replace(" ", "-")}">'
        assert cell in html
    for kind, count in Counter(e.kind for v in verdicts for e in v.evidence).items():
        assert f'<th scope="row">{count}</th><td>{kind}</td>' in html


def test_an_exercise_names_value_tolerance_and_what_is_missing(html):
    section = re.search(r'<section id="HW5.4b".*?</section>', html, re.DOTALL)[0]
    assert re.search(r"A-JS-02</a> .*?proved</span></td><td>[\d.e± -]+</td><td>≤ 1e-", section)
    for exercise in EXERCISES:
        section = re.search(rf'<section id="{exercise.name}" .*?</section>', html, re.DOTALL)[0]
        assert all(f">{id_}<" in section for id_ in exercise.answers)
        missing = set(theory.claim.registry.pending(exercise.name)) & set(exercise.answers)
        assert ("Still to be built" in section) == bool(missing)


def test_the_records_are_beside_the_page(folder, verdicts):
    records = json.loads((folder / "claims.json").read_text(encoding="utf-8"))
    assert records == json.loads(json.dumps([v.record() for v in verdicts]))


def test_a_page_of_one_claim_says_what_it_leaves_out(tmp_path):
    page.write(tmp_path, list(verified("A-DST-04").values()), exercises("HW5.4a"), seconds=0.1)
    html = (tmp_path / "index.html").read_text(encoding="utf-8")
    document = Document(html)
    links = [link.removeprefix("#") for link in document.all("href") if link != "data:,"]
    assert set(links) <= set(document.ids)
    assert "1 claim " in html
    assert "failed" not in re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    assert re.search(r'Not verified here: <span class="id">A-', html)
    assert document.ids["HW5.4b"] == 0


@pytest.mark.usefixtures("own_registry")
def test_text_cannot_become_markup(tmp_path):
    Claim(
        id="A-JS-99",
        alias="sly",
        title="<b>a</b> & b",
        statement="<script>",
        sources=('"quoted"',),
        definition=True,
    )
    page.write(tmp_path, [theory.verify("sly")], (), seconds=0.1)
    html = (tmp_path / "index.html").read_text(encoding="utf-8")
    Document(html)
    assert "<script" not in html
    assert "&lt;b&gt;a&lt;/b&gt; &amp; b" in html


# Colours -----------------------------------------------------------------------------------


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    low, high = sorted([luminance(a), luminance(b)])
    return (high + 0.05) / (low + 0.05)


def test_text_stands_out_in_both_schemes(html):
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    light, dark, *_ = (
        dict(re.findall(r"--(\w+):\s*(#\w{6})", block))
        for block in re.findall(r":root \{(.*?)\}", html, re.DOTALL)
    )
    for scheme in (light, dark):
        for name in ("ink", "soft", "accent", "good", "plain", "bad"):
            assert contrast(scheme[name], scheme["page"]) >= 4.5, name
    assert luminance(light["page"]) > 0.8
    assert luminance(dark["page"]) < 0.05


def test_figures_stand_out_in_both_schemes():
    from theory.report import illustration as figures

    css = (page.Path(page.__file__).with_suffix(".css")).read_text(encoding="utf-8")
    pages = re.findall(r"--page: (#\w{6})", css)
    assert len(pages) == 2
    for name in ("BLUE", "ORANGE", "GREEN", "RED", "PURPLE", "GREY"):
        assert min(contrast(getattr(figures, name), behind) for behind in pages) >= 2.5, name
