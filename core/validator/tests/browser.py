#!/usr/bin/env python3
"""Tests the validator page in a real Chromium, through its WebDriver.

usage: browser.py PAGE ALERTIK [SCREENSHOTS]

PAGE is target/validator/index.html, ALERTIK the daemon's binary: the page must
give the same answers as `alertik match --json`. Needs chromium and chromedriver
(Debian: chromium, chromium-driver) and nothing beyond Python's standard library.
Connects to the loopback only.
"""

import base64
import functools
import http.server
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.request

PAGE, ALERTIK = map(os.path.abspath, sys.argv[1:3])
SHOTS = os.path.abspath(sys.argv[3]) if len(sys.argv) > 3 else None
DEADLINE = 5.0
ONLY = os.environ.get("ONLY")
# WebDriver, section 17.4.2: the code points of the keys.
TAB, ENTER, SHIFT, CONTROL, DOWN, RIGHT, END, SPACE = (
    "\ue004", "\ue007", "\ue008", "\ue009", "\ue015", "\ue014", "\ue010", " ")


class Browser:
    """A WebDriver session (W3C Recommendation), reduced to the needed commands."""

    def __init__(self):
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, text=True)
        port = None
        for line in self.driver.stdout:
            found = re.search(r"on port (\d+)\.$", line.strip())
            if found:
                port = found[1]
                break
        assert port, "chromedriver did not start"
        threading.Thread(target=self.driver.stdout.read, daemon=True).start()
        self.base = f"http://127.0.0.1:{port}/session"
        options = {"args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage",
                            "--disable-gpu", "--window-size=1280,1000"]}
        capabilities = {"goog:chromeOptions": options, "goog:loggingPrefs": {"performance": "ALL"}}
        session = self.send("POST", "", {"capabilities": {"alwaysMatch": capabilities}})
        self.base += "/" + session["sessionId"]

    def send(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, method=method,
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error.read().decode()[:500]}") from None

    def open(self, url):
        self.send("POST", "/url", {"url": "about:blank"})
        self.send("POST", "/url", {"url": url})

    def js(self, script, *arguments):
        return self.send("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def cdp(self, command, **parameters):
        return self.send("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def element(self, css):
        found = self.send("POST", "/element", {"using": "css selector", "value": css})
        return "/element/" + next(iter(found.values()))

    def click(self, css):
        self.send("POST", self.element(css) + "/click", {})

    def type(self, css, text):
        self.send("POST", self.element(css) + "/value", {"text": text})

    def fill(self, css, text):
        """Replaces a field's text by typing."""
        self.type(css, CONTROL + "a" + CONTROL)
        self.type(css, text if text else "\ue003")

    def keys(self, *keys):
        """Presses keys one by one, wherever the focus is; a tuple is a chord."""
        actions = []
        for key in keys:
            chord = key if isinstance(key, tuple) else (key,)
            actions += [{"type": "keyDown", "value": k} for k in chord]
            actions += [{"type": "keyUp", "value": k} for k in reversed(chord)]
        self.send("POST", "/actions", {"actions": [{"type": "key", "id": "k", "actions": actions}]})

    def text(self, css):
        return self.send("GET", self.element(css) + "/text")

    def until(self, script, *arguments):
        """Waits until a script returns a true value, and returns it."""
        end = time.monotonic() + DEADLINE
        while True:
            value = self.js(script, *arguments)
            if value:
                return value
            assert time.monotonic() < end, f"never true: {script} {arguments}"
            time.sleep(0.02)

    def focused(self):
        return self.js("return document.activeElement.id || document.activeElement.value || document.activeElement.tagName")

    def shot(self, name):
        if SHOTS:
            os.makedirs(SHOTS, exist_ok=True)
            size = self.js("return [document.documentElement.clientWidth, document.documentElement.scrollHeight]")
            shot = self.cdp("Page.captureScreenshot", captureBeyondViewport=True,
                            clip={"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1})
            with open(os.path.join(SHOTS, name + ".png"), "wb") as file:
                file.write(base64.b64decode(shot["data"]))

    def close(self):
        try:
            self.send("DELETE", "")
        finally:
            self.driver.kill()
            self.driver.wait()


TESTS = []


def test(function):
    TESTS.append(function)
    return function


def settled(b):
    """Waits until the page shows the result of the last input."""
    b.js("return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def set_fields(b, **fields):
    """Sets fields at once, as a paste does."""
    b.js("""for (const [id, value] of Object.entries(arguments[0])) {
              if (id === "type") { choose("type", value); continue; }
              document.getElementById(id).value = value;
            }
            document.getElementById("lines").dispatchEvent(new Event("input", {bubbles: true}));""",
         fields)
    settled(b)


def pasted(b):
    """Returns the contents of the clipboard, by pasting them."""
    b.js("""const area = document.createElement("textarea"); area.id = "paste";
            document.body.append(area); area.focus();""")
    b.keys((CONTROL, "v"))
    return b.js("""const area = document.getElementById("paste");
                   const text = area.value; area.remove(); return text;""")


@test
def typing_shows_the_answer_at_once(b):
    b.fill("#lines", "interface,info ether2 link up (speed 1G, full duplex)")
    b.fill("#mask", "Port @1 is @2")
    b.fill("#pattern", "([a-z0-9]+) link (up|do")
    settled(b)
    assert b.js("return document.querySelectorAll('#result li').length") == 0
    b.type("#pattern", "wn)")
    settled(b)
    assert b.text("#result mark").replace("\n", "") == "ether2 link up", b.text("#result mark")
    groups = b.js("return [...document.querySelectorAll('#result mark .g')].map((g) => [g.dataset.label, g.textContent])")
    assert groups == [["1", "ether2"], ["2", "up"]], groups
    values = b.js("return [...document.querySelectorAll('#result .groups div')].map((d) => d.innerText.split(/\\s+/).join(' '))")
    assert values == ["@1 ether2 15–21", "@2 up 27–29"], values
    assert re.fullmatch(r"Port ether2 is up, at: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d", b.text("#result .bubble"))
    b.until("return document.getElementById('summary').textContent.startsWith('The rule is valid, with 2 groups. 1 of 1 line matches.')")


@test
def a_line_without_a_match_shows_how_far_it_agrees(b):
    set_fields(b, type="regex", pattern="login failure for user ([a-z]+) from", mask="@1", lines="x é login failure for user john_doe from 1\nother")
    b.until("return document.querySelectorAll('#result li').length === 2")
    assert b.text("#result .agrees") == "login failure for user john", b.text("#result .agrees")
    assert b.js("return document.querySelector('#result .note code').textContent") == " from"
    assert b.js("return document.querySelectorAll('#result .agrees').length") == 1


@test
def an_error_stands_under_its_character(b):
    for field, text, offending, words in [
        ("pattern", "user (.*) from [^ ]+ (via", 21, "no closing ')'"),
        ("pattern", "abc[x", 3, "no closing ']'"),
        ("pattern", "a{3,1}", None, "repeat count"),
        ("pattern", "é(?:x)", 2, "(?"),
        ("pattern", "tail\\", 4, "backslash"),
        ("mask", "user @1 and @7", 12, "no group @7"),
        ("mask", "mail @x", 5, "@@"),
    ]:
        set_fields(b, type="regex", pattern="(a)(b)", mask="@1", lines="ab")
        b.fill(f"#{field}", text)
        b.until("return !document.getElementById(arguments[0] + '-error').hidden", field)
        assert b.js("return document.getElementById(arguments[0]).getAttribute('aria-invalid')", field) == "true"
        excerpt, caret = b.js("return document.querySelector(`#${arguments[0]}-error pre`).textContent", field).split("\n")
        marked = b.js("return document.querySelector(`#${arguments[0]}-error pre b`).textContent", field)
        message = b.text(f"#{field}-error p")
        assert words in message, message
        assert excerpt[len(caret) - 1] == marked, (excerpt, caret, marked)
        if offending is not None:
            assert marked == text[offending], (text, marked)
        # The caret is under the character on the screen too, not just in the text.
        b_left, caret_left = b.js("""
            const pre = document.querySelector(`#${arguments[0]}-error pre`);
            const range = document.createRange(), last = pre.lastChild;
            range.setStart(last, last.length - 1); range.setEnd(last, last.length);
            return [pre.querySelector("b").getBoundingClientRect().left, range.getBoundingClientRect().left];""", field)
        assert abs(b_left - caret_left) < 1.5, (b_left, caret_left)
        assert b.js("return forms === null && document.getElementById('copy').disabled")
    set_fields(b, pattern="login failure for (?:user|admin) (.*", mask="Who: @2", lines="x")
    assert "valid" not in b.text("#summary")
    b.until("return document.getElementById('summary').textContent.startsWith('The rule has a mistake')")
    b.shot("error")
    b.fill("#pattern", "fine")
    b.fill("#mask", "fine")
    b.until("return document.getElementById('pattern-error').hidden && document.getElementById('mask-error').hidden")


@test
def perl_habits_are_pointed_out(b):
    set_fields(b, type="regex", pattern="user (.*?) from", mask="@1", lines="user a from b from")
    assert "as much as they can" in b.text("#pattern-notes .hint"), b.text("#pattern-notes")
    assert b.text("#result .groups dd code") == "a from b"


def set_policies(b, **policies):
    """Opens the policies and types into their fields."""
    b.js("document.getElementById('policies').open = true")
    for name, value in policies.items():
        b.fill(f"#{name}", value)
    settled(b)


def shown_items(b):
    """Returns the kind of each item of the result, and what it says comes of it."""
    return b.js("""return [...document.querySelectorAll("#result > li")].map((item) =>
        [item.className, (item.querySelector(".bubble") ?? [...item.querySelectorAll(".note")].pop())?.textContent ?? ""])""")


@test
def a_threshold_holds_matches_back(b):
    set_fields(b, type="regex", pattern="failure for (.*)", mask="@1 @{count} times", lines="failure for a\nfailure for a\nfailure for a\nother")
    assert b.js("return document.querySelectorAll('#result .bubble').length") == 3
    set_policies(b, THRESHOLD="3/")
    assert "5/60" in b.text("#THRESHOLD-error p"), b.text("#THRESHOLD-error p")
    assert b.js("return document.getElementById('THRESHOLD').getAttribute('aria-invalid')") == "true"
    assert b.js("return forms === null")
    b.type("#THRESHOLD", "60")
    settled(b)
    assert b.js("return document.getElementById('THRESHOLD-error').hidden")
    items = shown_items(b)
    assert [kind for kind, _ in items] == ["hit held", "hit held", "hit", "miss"], items
    assert items[0][1] == "held back: threshold 1 of 3" and items[1][1] == "held back: threshold 2 of 3", items
    assert items[2][1].startswith("a 3 times, at: "), items
    b.until("return document.getElementById('summary').textContent.includes('A second passes from line to line.')")
    assert "EVENT0_THRESHOLD='3/60'" in b.js("return forms.shell")
    set_policies(b, KEY="@4")
    assert "no group @4" in b.text("#KEY-error p"), b.text("#KEY-error p")
    b.shot("policies")
    # The address keeps them.
    set_policies(b, KEY="@1")
    b.click("#link")
    b.until("return location.hash.length > 10")
    b.open(b.js("return location.href"))
    b.until("return document.querySelectorAll('#result li').length === 4")
    assert b.js("return document.getElementById('policies').open")
    assert "EVENT0_KEY='@1'" in b.js("return forms.shell")
    # Another rule comes without them.
    b.click("#load-example")
    settled(b)
    assert "THRESHOLD" not in b.js("return forms.shell")


@test
def a_pair_in_the_time_of_the_lines(b):
    lines = ["Nov 22 10:00:00 r ether1 link down", "Nov 22 10:00:10 r ether1 link up",
             "Nov 22 11:00:00 r ether1 link down", "Nov 22 11:10:00 r ether1 link up"]
    set_fields(b, type="regex", pattern="([^ ]+) link down", mask="@1 is down", lines="\n".join(lines))
    set_policies(b, GRACE_SECS="60")
    assert "not used without a recovery" in b.text("#GRACE_SECS-error p")
    assert b.js("return forms !== null")
    set_policies(b, RECOVERY_STR="([^ ]+) link up", RECOVERY_MSG="@1 is up after @{duration}")
    items = shown_items(b)
    assert [kind for kind, _ in items] == ["hit held", "hit held", "hit held", "timer", "hit"], items
    assert items[0][1] == "held back: its grace time runs", items
    assert items[3][1].startswith("ether1 is down") and items[4][1].startswith("ether1 is up after 10 min"), items
    assert "-11-22 11:01:00" in b.text("#result .timer .verdict"), b.text("#result .timer .verdict")
    b.until("return document.getElementById('summary').textContent.includes('Time passes as the lines say.')")
    # A grace time that no line ends has its say after the last one.
    set_fields(b, lines=lines[0])
    kinds = [kind for kind, _ in shown_items(b)]
    assert kinds == ["hit held", "timer"], kinds
    assert b.text("#result .timer .verdict") == "A timer, after the last line"


@test
def a_static_event_is_loaded_as_it_is(b):
    events = b.js("return EVENTS")
    assert len(events) > 40
    for index, event in enumerate(events):
        b.js("document.getElementById('events').selectedIndex = arguments[0]", index)
        b.js("document.getElementById('load-event').click()")
        settled(b)
        variables = event["variables"]
        values = b.js("return ['pattern', 'mask', 'THRESHOLD', 'RECOVERY_STR'].map((id) => document.getElementById(id).value)")
        assert values == [variables["MATCH_STR"], variables["MASK_MSG"], variables.get("THRESHOLD", ""), variables.get("RECOVERY_STR", "")], values
        shell = b.js("return forms?.shell")
        assert shell, event["name"]
        assert ("EVENT0_MATCH_PART='message'" in shell) == (variables.get("MATCH_PART") != "line"), shell
        assert b.js("return document.querySelectorAll('#result .hit').length") > 0, event["name"]
        note = b.text("#event-note")
        assert f"STATIC_EVENTS_ENABLED={event['name']} " in note, note
        assert ("TOPICS" in note) == ("TOPICS" in variables), note
    index = [event["name"] for event in events].index("brute-force")
    b.js("document.getElementById('events').selectedIndex = arguments[0]", index)
    b.click("#load-event")
    settled(b)
    items = shown_items(b)
    assert [kind for kind, _ in items] == ["hit held"] * 4 + ["hit"], items
    assert items[4][1].startswith("Brute force from 192.168.88.17 since "), items
    b.shot("static-event")
    # Without the checkbox the expression wants the beginning of the line.
    b.js("document.getElementById('MATCH_PART').click()")
    settled(b)
    assert "MATCH_PART" not in b.js("return forms.shell")


@test
def a_wrong_number_is_marked(b):
    for wrong in ["64", "-1", "1.5", ""]:
        b.fill("#number", wrong)
        settled(b)
        assert "from 0 to 63" in b.text("#number-error p"), wrong
        assert b.js("return document.getElementById('number').getAttribute('aria-invalid')") == "true"
        assert b.js("return document.getElementById('copy').disabled")
    b.fill("#number", "63")
    settled(b)
    assert b.js("return document.getElementById('number-error').hidden")
    assert "EVENT63_MATCH_STR" in b.js("return forms.shell")


@test
def nested_and_absent_groups(b):
    set_fields(b, type="regex", pattern="((\\d{1,3}\\.?)+):(x)?", mask="@1 @2[@3]", lines="from 192.0.2.1:80")
    groups = b.js("return [...document.querySelectorAll('#result mark .g')].map((g) => [g.dataset.label, g.textContent, g.className])")
    assert groups == [["1", "192.0.2.", "g c1"], ["2", "1", "g c2"]], groups
    assert "took no part" in b.text("#result .groups")


@test
def copying_each_form(b):
    pattern, mask = r'^a\(b\)? "it\'s" $x', r"cost: @@1 é\n!"
    set_fields(b, type="regex", pattern=pattern, mask=mask, lines="", number="3", notifier="Slack")
    expected = {
        "shell": "export EVENT3_MATCH_STR='" + pattern.replace("'", "'\\''") + "'\n",
        "routeros": '/container/envs/add list=alertik key=EVENT3_MATCH_STR value="^a\\\\(b\\\\)\\? \\"it\\\\\'s\\" \\$x"\n',
        "routeros_old": "/container/envs/add name=alertik key=ENV_EVENTS value=\"4\"\n",
        "compose": "      EVENT3_MASK_MSG: 'cost: @@1 é\\n!'\n",
    }
    for form, line in expected.items():
        b.js("document.querySelector(`input[name=form][value=${arguments[0]}]`).click()", form)
        settled(b)
        b.js("document.getElementById('said').textContent = ''")
        b.click("#copy")
        b.until("return document.getElementById('said').textContent === 'Copied.'")
        text = pasted(b)
        assert line in text, (form, text)
        assert text == b.js("return forms[arguments[0]]", form)
        b.until("return document.getElementById('copy').textContent === 'Copy'")
    values = subprocess.run(["sh", "-c", b.js("return forms.shell") + 'printf "%s\\n" "$ENV_EVENTS" "$EVENT3_NOTIFIER" "$EVENT3_MATCH_STR" "$EVENT3_MASK_MSG"'],
                            capture_output=True, text=True, check=True).stdout
    assert values == f"4\nSlack\n{pattern}\n{mask}\n", values


@test
def the_keyboard_alone_is_enough(b):
    order = []
    b.js("document.activeElement.blur(); window.scrollTo(0, 0)")
    for _ in range(20):
        b.keys(TAB)
        now = b.focused()
        if now in order or now == "BODY":
            break
        order.append(now)
        visible = b.js("""const e = document.activeElement, shown = e.matches(".choice input") ? e.nextElementSibling : e;
                          const style = getComputedStyle(shown);
                          return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2""")
        assert visible, f"no focus ring on {now}"
    assert order == ["examples", "load-example", "events", "load-event", "regex", "MATCH_PART", "pattern",
                     "mask", "policies-summary", "samples", "add-sample", "lines", "notifier", "number", "routeros", "form", "copy", "link"], order
    # From the top: load another example, change its message, copy the shell form.
    b.open(b.url)
    b.until("return document.querySelectorAll('#result li').length")
    b.keys(TAB, DOWN, DOWN, DOWN, TAB, ENTER, TAB, TAB, TAB, TAB, TAB, TAB)
    assert b.focused() == "mask", b.focused()
    b.keys("!", TAB, TAB, TAB, TAB, TAB, TAB, TAB)
    assert b.focused() == "routeros", b.focused()
    b.keys(RIGHT, RIGHT)
    assert b.focused() == "shell", b.focused()
    b.keys(TAB, TAB)
    b.keys(ENTER)
    b.until("return document.getElementById('said').textContent === 'Copied.'")
    text = pasted(b)
    example = b.js("return EXAMPLES[3]")
    assert text.startswith("export ENV_EVENTS='1'\nexport EVENT0_NOTIFIER='Telegram'\n"), text
    assert example["pattern"] in text and "!" in text, text
    # Enter does not put a line break into a value.
    b.click("#pattern")
    b.keys(END, ENTER, "x")
    assert "\n" not in b.js("return document.getElementById('pattern').value")


@test
def a_phone_of_360_pixels(b):
    b.cdp("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=2, mobile=True)
    try:
        for index in range(b.js("return EXAMPLES.length")):
            b.js("load(EXAMPLES[arguments[0]])", index)
            settled(b)
            outside = b.js("""return [...document.querySelectorAll("body *")].filter((e) => {
                const r = e.getBoundingClientRect();
                return r.width > 0 && (r.right > 360.5 || r.left < -0.5) && !e.closest("pre, svg, .choice legend");
              }).map((e) => e.outerHTML.slice(0, 80))""")
            assert outside == [], outside
            assert b.js("return document.documentElement.scrollWidth") <= 360
        small = b.js("""return [...document.querySelectorAll("button, select, textarea, input:not([type=radio]), summary, .choice span")]
            .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 32).map((e) => e.outerHTML.slice(0, 60))""")
        assert small == [], small
        # Below 16 pixels, phones zoom in on a field when it is touched.
        assert b.js("return parseFloat(getComputedStyle(document.getElementById('pattern')).fontSize)") >= 16
        b.js("loadEvent(EVENTS.find((event) => event.variables.RECOVERY_STR))")
        settled(b)
        b.shot("phone-policies")
        assert b.js("return document.getElementById('policies').open ? document.documentElement.scrollWidth : 999") <= 360
        b.js("load(EXAMPLES[3])")
        settled(b)
        b.shot("phone")
        b.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}, STILL])
        b.shot("phone-dark")
    finally:
        b.cdp("Emulation.setEmulatedMedia", features=[])
        b.cdp("Emulation.clearDeviceMetricsOverride")


# The contrast of a colour in transition cannot be measured.
STILL = {"name": "prefers-reduced-motion", "value": "reduce"}

CONTRAST = """
const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
function rgba(colour) {
  canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
}
function luminance(rgb) {
  const [r, g, b] = rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function background(e) {
  for (; e; e = e.parentElement) {
    const colour = rgba(getComputedStyle(e).backgroundColor);
    if (colour[3] === 255) return colour.slice(0, 3);
  }
  return [255, 255, 255];
}
const bad = [];
let count = 0;
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const e = walker.currentNode.parentElement;
  if (!walker.currentNode.textContent.trim() || !e.checkVisibility() || e.closest("script, style, noscript")) continue;
  if (e.matches(":disabled")) continue;
  const [a, b] = [luminance(rgba(getComputedStyle(e).color).slice(0, 3)), luminance(background(e))];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  count += 1;
  if (ratio < 4.5) bad.push(`${ratio.toFixed(2)} ${e.tagName}.${e.className} ${walker.currentNode.textContent.slice(0, 30)}`);
}
return [count, [...new Set(bad)]];
"""


@test
def light_and_dark_are_readable(b):
    grounds = set()
    for scheme in ["light", "dark"]:
        b.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}, STILL])
        set_fields(b, type="regex", pattern="(a)(b)(c)(d)(e)(f)(g)?", mask="@1", lines="abcdef\nno")
        b.until("return document.getElementById('summary').textContent.includes('6') || document.getElementById('summary').textContent.includes('7 groups')")
        count, bad = b.js(CONTRAST)
        assert count > 30 and bad == [], (scheme, count, bad)
        grounds.add(b.js("return getComputedStyle(document.body).backgroundColor"))
        b.js("load(EXAMPLES[4])")
        settled(b)
        b.until("return document.getElementById('summary').textContent.includes('6 groups')")
        b.shot(scheme)
        set_fields(b, pattern="(a", mask="@1")
        count, bad = b.js(CONTRAST)
        assert bad == [], (scheme, bad)
    assert len(grounds) == 2
    b.cdp("Emulation.setEmulatedMedia", features=[])


@test
def a_screen_reader_can_read_everything(b):
    set_fields(b, type="regex", pattern="(a", mask="@1", lines="a")
    b.cdp("Accessibility.enable")
    nodes = b.cdp("Accessibility.getFullAXTree")["nodes"]
    named = {}
    for node in nodes:
        role = node.get("role", {}).get("value")
        name = node.get("name", {}).get("value", "")
        if role in ("button", "textbox", "combobox", "radio", "spinbutton"):
            assert name, f"{role} without a name"
            named.setdefault(role, []).append(name)
            if name.startswith("Regular expression") and role == "textbox":
                properties = {p["name"]: p["value"].get("value") for p in node["properties"]}
                assert properties["invalid"] == "true", properties
                assert "no closing ')'" in node["description"]["value"], node["description"]
    assert len(named["textbox"]) == 3 and len(named["radio"]) == 6, named
    roles = [node.get("role", {}).get("value") for node in nodes]
    assert roles.count("heading") == 5 and roles.count("status") == 2 and "main" in roles, roles
    assert b.js("return document.documentElement.lang") == "en"


@test
def the_address_keeps_the_state(b):
    set_fields(b, type="substr", pattern="é+ «x»", mask="m@1", lines="one é+ «x»\ntwo", number="5", notifier="Discord")
    assert b.js("return location.hash") == ""
    b.click("#link")
    b.until("return location.hash.length > 10")
    url = b.js("return location.href")
    assert re.fullmatch(r"[A-Za-z0-9_-]+", url.split("#")[1]), url
    b.open(url)
    b.until("return document.querySelectorAll('#result li').length === 2")
    assert b.js("return ['pattern', 'mask', 'lines', 'number', 'notifier'].map((id) => document.getElementById(id).value)") == \
        ["é+ «x»", "m@1", "one é+ «x»\ntwo", "5", "Discord"]
    assert b.js("return chosen('type')") == "substr"
    b.open(b.url + "#%%%")
    b.until("return document.querySelectorAll('#result li').length")


@test
def nothing_is_sent_and_nothing_is_stored(b):
    hostile = "<img src=//example.invalid/x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    set_fields(b, type="regex", pattern="(<.*>)", mask="@1 <b>x</b>", lines=hostile)
    assert hostile in b.text("#result .bubble")
    assert b.js("return document.querySelectorAll('#result img, #result script, #result b').length") == 0
    assert b.js("return document.title") == "Is my rule right? – alertik"
    if b.url.startswith("http"):
        assert b.js("return localStorage.length + sessionStorage.length + document.cookie.length") == 0
    requests = []
    for entry in b.send("POST", "/se/log", {"type": "performance"}):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            requests.append(message["params"]["request"]["url"])
    # The log covers the whole session, so the page from the disk is in it as well.
    pages = ["about:blank", "file://" + PAGE, b.url]
    foreign = [url for url in requests if url.split("#")[0] not in pages and not url.startswith("data:")]
    assert requests and foreign == [], foreign
    blocked = b.js("""return fetch(arguments[0]).then(() => "sent", () => "blocked")""", b.url)
    assert blocked == "blocked"


@test
def every_example_matches_one_of_its_lines(b):
    for index in range(b.js("return EXAMPLES.length")):
        b.js("load(EXAMPLES[arguments[0]])", index)
        settled(b)
        assert b.js("return document.querySelectorAll('#result .hit').length") > 0, index
    b.js("document.getElementById('lines').value = ''")
    for index in range(b.js("return SAMPLES.length")):
        b.js("document.getElementById('samples').selectedIndex = arguments[0]", index)
        b.click("#add-sample")
    settled(b)
    assert b.js("return document.querySelectorAll('#result li').length") == b.js("return SAMPLES.length")


def without_time(answer):
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME", json.dumps(answer, sort_keys=True))


@test
def answers_are_those_of_alertik_match(b):
    lines = b.js("return SAMPLES.concat(EXAMPLES.flatMap((e) => e.lines))")
    lines += ["", "tab\there", "é ü «»", "x" * 5000 + " link up", "aaa", "container,info alertik: notice: x"]
    rules = [(e["type"], e["pattern"], e["mask"]) for e in b.js("return EXAMPLES")]
    rules += [("regex", p, m) for p, m in [
        ("", "empty"), ("(a|ab)(c|bcd)(d*)", "@1@2@3"), ("(a*)*", "[@1]"), ("(a*)+", "@1"),
        ("([^ ]+)@([^:( ]+)", "@2 @@ @1"), ("\\bip ([0-9.]+)", "@1"), ("^[a-z,]+ ", "x"), ("(é|ü) ", "@1\\n"),
        ("((link) (up|down))|(login)", "@1@4"), ("[[:upper:]]+$", "x"), (".*", "all"), ("(x{1,200}) link", "@1"),
    ]]
    shown = [line for line in lines if line]
    for kind, pattern, mask in rules:
        set_fields(b, type=kind, pattern=pattern, mask=mask, lines="\n".join(lines), notifier="Console", number="0")
        page = b.js("return ask(question())")
        assert "error" not in page["pattern"], (pattern, page["pattern"])
        if kind != "regex":
            continue
        output = subprocess.run([ALERTIK, "match", "--regex", pattern, "--mask", mask, "--all", "--json"],
                                input="\n".join(shown).encode(), capture_output=True, env={}, timeout=60)
        assert output.returncode in (0, 1), output.stderr.decode()
        daemon = [json.loads(line) for line in output.stdout.decode().splitlines()]
        daemon = [entry for entry in daemon if "line" in entry]
        assert len(daemon) == len(page["lines"]) == len(shown)
        for entry in daemon + page["lines"]:
            for match in entry["matches"]:
                match.pop("rule", None), match.pop("notifiers", None)
        for ours, theirs in zip(page["lines"], daemon):
            assert without_time(ours) == without_time(theirs), (pattern, ours, theirs)
        assert page["pattern"]["groups"] == len(page["lines"][0]["matches"][0]["groups"]) if page["lines"][0]["matches"] else True


@test
def policies_do_what_alertik_match_says(b):
    untimed = ["r down a", "r down a", "r down b", "r up a", "r down a", "r up b", "r down a", "r down a"]
    timed = [f"Nov 22 10:00:{second:02} {line}" for second, line in zip(range(0, 60, 7), untimed)]
    compared = 0
    for lines, pace in [(untimed, ["--step", "1"]), (timed, ["--time-from-lines"])]:
        for policies in [
            {"THRESHOLD": "2/60"}, {"COOLDOWN_SECS": "3"}, {"KEY": "@1"}, {"RECOVERY_STR": "up (.*)"},
            {"THRESHOLD": "2/60", "KEY": "@1", "COOLDOWN_SECS": "0"},
            {"RECOVERY_STR": "up (.*)", "RECOVERY_MSG": "@1 after @{duration}", "GRACE_SECS": "2", "KEY": "@1"},
        ]:
            set_fields(b, type="regex", pattern="down (.*)", mask="@1 @{count}", lines="\n".join(lines), notifier="Console", number="0",
                       **{name: policies.get(name, "") for name in b.js("return POLICIES")})
            page = b.js("return ask(question())")["lines"]
            # The page's own form is the daemon's configuration.
            script = b.js("return forms.shell") + 'exec "$0" match --all --json "$@"'
            output = subprocess.run(["sh", "-c", script, ALERTIK, *pace], input="\n".join(lines).encode(),
                                    capture_output=True, env={}, timeout=60)
            daemon = [json.loads(line) for line in output.stdout.decode().splitlines()]
            daemon = [entry for entry in daemon if "line" in entry or "timer" in entry]
            assert len(page) == len(daemon) >= len(lines), (policies, page, daemon, output.stderr.decode())
            for ours, theirs in zip(page, daemon):
                assert without_time(ours) == without_time(theirs), (policies, ours, theirs)
                compared += 1
    assert compared > 96, compared


@test
def long_input_stays_bounded(b):
    set_fields(b, type="regex", pattern="(x)", mask="@1", lines="x\n" * 5000)
    assert b.js("return document.querySelectorAll('#result li').length") == 200
    b.until("return document.getElementById('summary').textContent.includes('first 200 lines')")
    # The core is restarted before its memory grows large.
    for index in range(60):
        set_fields(b, pattern=f"(a|b{index}).*(c|d)[0-9]{{1,40}}.*(e|f)+x{{1,60}}", lines="a")
    assert b.js("return core.memory.buffer.byteLength") < 160 << 20


def serve(folder):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/index.html"


def main():
    passed = failed = 0
    browser = Browser()
    try:
        for url in ["file://" + PAGE, serve(os.path.dirname(PAGE))]:
            browser.url = url
            for check in TESTS:
                if ONLY and ONLY not in check.__name__:
                    continue
                name = f"{url.split(':')[0]}: {check.__name__.replace('_', ' ')}"
                started = time.monotonic()
                try:
                    browser.open(url)
                    browser.until("return document.querySelectorAll('#result li').length")
                    check(browser)
                    passed += 1
                    print(f"ok      {name} ({time.monotonic() - started:.1f} s)", flush=True)
                except AssertionError as error:
                    failed += 1
                    line = error.__traceback__
                    while line.tb_next:
                        line = line.tb_next
                    print(f"FAILED  {name}: line {line.tb_lineno}: {str(error)[:1000]}", flush=True)
    finally:
        browser.close()
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
