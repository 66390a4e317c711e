#!/usr/bin/env python3
"""Tests the validator page in a real Chromium, through its WebDriver.

usage: browser.py PAGE ALERTIK [SCREENSHOTS]

PAGE is target/validator/index.html, ALERTIK the daemon's binary: the page must
give the same answers as `alertik match --json`. Needs chromium and chromedriver
(Debian: chromium, chromium-driver), and PyYAML (python3-yaml) to read what Compose
would read.
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

import yaml

PAGE, ALERTIK = map(os.path.abspath, sys.argv[1:3])
SHOTS = os.path.abspath(sys.argv[3]) if len(sys.argv) > 3 else None
DEADLINE = 5.0
ONLY = os.environ.get("ONLY")
# WebDriver, section 17.4.2: the code points of the keys.
TAB, ENTER, SHIFT, CONTROL, LEFT, DOWN, RIGHT, END, SPACE = (
    "\ue004", "\ue007", "\ue008", "\ue009", "\ue012", "\ue015", "\ue014", "\ue010", " ")


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
        return self.js("return document.activeElement.id || document.activeElement.value || document.activeElement.href || document.activeElement.tagName")

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
              if (id === "notifier") {
                const names = value.split(",");
                for (const box of document.querySelectorAll("input[name=notifier]")) box.checked = names.includes(box.value);
                continue;
              }
              document.getElementById(id).value = value;
            }
            document.getElementById("lines").dispatchEvent(new Event("input", {bubbles: true}));""",
         fields)
    settled(b)


def choose(b, select, index):
    """Chooses an entry of a list, as a click on it does."""
    b.click(f"#{select} option[value='{index}']")
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
    assert values == ["@1 ether2 characters 16–21", "@2 up characters 28–29"], values
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
    assert "as much as they can" in b.text("#pattern-error p"), b.text("#pattern-error")
    assert b.js("return document.getElementById('pattern-error').className") == "error warning"
    assert b.js("return document.getElementById('pattern').getAttribute('aria-invalid')") == "false"
    assert b.text("#result .groups dd code") == "a from b"


def shown_rule(b):
    return b.js("return ['pattern', 'mask', 'lines'].map((id) => document.getElementById(id).value)")


@test
def a_chosen_example_is_there_at_once(b):
    examples = b.js("return EXAMPLES.map(({ pattern, mask, lines }) => [pattern, mask, lines.join('\\n')])")
    # The page begins with one, which is nobody's loss.
    assert b.js("return document.getElementById('examples').value") == "0"
    choose(b, "examples", 3)
    assert shown_rule(b) == examples[3], shown_rule(b)
    assert b.js("return document.getElementById('undo-line').hidden")
    b.until("return document.querySelectorAll('#result .hit').length === 2")
    # A rule of the user's comes back, also after several examples.
    b.fill("#pattern", "mine")
    settled(b)
    assert b.js("return document.getElementById('examples').value") == ""
    mine = shown_rule(b)
    choose(b, "examples", 3)
    choose(b, "examples", 4)
    choose(b, "events", 2)
    assert b.js("return document.getElementById('examples').value") == ""
    event = shown_rule(b)
    assert b.text("#undo-line").startswith("The event took the place of your rule."), b.text("#undo-line")
    b.shot("undo")
    # The keyboard reaches the link.
    b.js("document.getElementById('events').focus()")
    b.keys(TAB)
    assert b.focused() == "undo", b.focused()
    b.keys(ENTER)
    settled(b)
    assert shown_rule(b) == mine, shown_rule(b)
    assert b.js("return document.getElementById('events').value") == ""
    b.click("#undo")
    settled(b)
    assert shown_rule(b) == event, shown_rule(b)
    # So does a rule that was removed, and one that an import replaced.
    b.click("#add-rule")
    b.fill("#pattern", "second")
    settled(b)
    b.click("#remove-rule")
    settled(b)
    b.click("#undo")
    settled(b)
    assert b.js("return rules.length") == 2 and shown_rule(b)[0] == "second", shown_rule(b)
    paste_configuration(b, "EVENT5_MATCH_STR=other")
    assert b.js("return rules.length") == 1
    b.click("#undo")
    settled(b)
    assert b.js("return rules.length") == 2 and shown_rule(b)[0] == "second", shown_rule(b)


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
    choose(b, "examples", 2)
    assert "THRESHOLD" not in b.js("return forms.shell")


@test
def a_pair_in_the_time_of_the_lines(b):
    lines = ["Nov 22 10:00:00 r ether1 link down", "Nov 22 10:00:10 r ether1 link up",
             "Nov 22 11:00:00 r ether1 link down", "Nov 22 11:10:00 r ether1 link up"]
    set_fields(b, type="regex", pattern="([^ ]+) link down", mask="@1 is down", lines="\n".join(lines))
    set_policies(b, GRACE_SECS="60")
    assert "is not used: EVENT0_RECOVERY_STR is not set" in b.text("#GRACE_SECS-error p")
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
        choose(b, "events", index)
        variables = event["variables"]
        values = b.js("return ['pattern', 'mask', 'THRESHOLD', 'RECOVERY_STR'].map((id) => document.getElementById(id).value)")
        assert values == [variables["MATCH_STR"], variables["MASK_MSG"], variables.get("THRESHOLD", ""), variables.get("RECOVERY_STR", "")], values
        shell = b.js("return forms?.shell")
        assert shell, event["name"]
        assert ("EVENT0_MATCH_PART='message'" in shell) == (variables.get("MATCH_PART") != "line"), shell
        assert b.js("return document.querySelectorAll('#result .hit').length") > 0, event["name"]
        note = b.text("#event-note")
        assert f"STATIC_EVENTS_ENABLED={event['name']} " in note, note
        # All but what is about other static events becomes the rule's.
        for name in set(variables) - {"MATCH_PART"}:
            is_foreign = name == "LAST" or name in ("AFTER", "UNLESS") and "S" in variables[name]
            assert (f"EVENT0_{name}=" in shell) != is_foreign == (name in note), (name, note)
    index = [event["name"] for event in events].index("brute-force")
    choose(b, "events", index)
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


def tab_to(b, name):
    """Presses the tab key until something has the focus."""
    for _ in range(40):
        b.keys(TAB)
        if b.focused() == name:
            return
    raise AssertionError(f"{name} is never reached")


@test
def the_keyboard_alone_is_enough(b):
    order = []
    b.js("document.activeElement.blur(); window.scrollTo(0, 0)")
    for _ in range(50):
        b.keys(TAB)
        now = b.focused()
        if now == "BODY":
            break
        order.append(now)
        visible = b.js("""const e = document.activeElement, shown = e.matches(".choice input") ? e.nextElementSibling : e;
                          const style = getComputedStyle(shown);
                          return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2""")
        assert visible, f"no focus ring on {now}"
    notifiers = b.js("return NOTIFIERS")
    links = [at for at, now in enumerate(order) if now.endswith(".md")]
    assert [order[at].rsplit("/", 1)[1] for at in links] == ["README.md", "rules.md", "events.md", "notifiers.md", "router.md",
                                                           "rules.md", "README.md", "rules.md"], order
    assert [now for now in order if not now.endswith(".md")] == [
        "0", "add-rule", "examples", "events", "import-summary", "regex", "MATCH_PART", "IGNORE_CASE",
        "pattern", "mask", *notifiers, "number", "policies-summary", "cheats-summary", "samples", "add-sample", "lines",
        "routeros", "form", "copy", "link"], order
    # From the top: load another example, change its message, copy the shell form.
    b.open(b.url)
    b.until("return document.querySelectorAll('#result li').length")
    tab_to(b, "examples")
    b.keys(DOWN, DOWN, DOWN)
    tab_to(b, "mask")
    b.keys("!")
    tab_to(b, "routeros")
    b.keys(RIGHT, RIGHT)
    assert b.focused() == "shell", b.focused()
    tab_to(b, "copy")
    b.keys(ENTER)
    b.until("return document.getElementById('said').textContent === 'Copied.'")
    text = pasted(b)
    example = b.js("return EXAMPLES[3]")
    assert text.startswith("export ENV_EVENTS='1'\nexport TELEGRAM_BOT_TOKEN="), text
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
            b.js("loadExample(EXAMPLES[arguments[0]])", index)
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
        b.js("loadExample(EXAMPLES[3])")
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
        b.js("loadExample(EXAMPLES[4])")
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
        if role in ("button", "textbox", "combobox", "radio", "checkbox", "spinbutton", "link"):
            assert name, f"{role} without a name"
            named.setdefault(role, []).append(name)
            if name.startswith("Regular expression") and role == "textbox":
                properties = {p["name"]: p["value"].get("value") for p in node["properties"]}
                assert properties["invalid"] == "true", properties
                assert "no closing ')'" in node["description"]["value"], node["description"]
                assert "character 1, “(”" in node["description"]["value"], node["description"]
    assert len(named["textbox"]) == 3 and len(named["radio"]) == 7 and len(named["checkbox"]) == 12, named
    roles = [node.get("role", {}).get("value") for node in nodes]
    assert roles.count("heading") == 6 and roles.count("status") == 2 and "main" in roles, roles
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
    assert b.js("return ['pattern', 'mask', 'lines', 'number'].map((id) => document.getElementById(id).value)") == \
        ["é+ «x»", "m@1", "one é+ «x»\ntwo", "5"]
    assert b.js("return rules[0].variables.NOTIFIER") == "Discord"
    assert b.js("return chosen('type')") == "substr"
    b.open(b.url + "#%%%")
    b.until("return document.querySelectorAll('#result li').length")


@test
def nothing_is_sent_and_nothing_is_stored(b):
    hostile = "<img src=//example.invalid/x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    set_fields(b, type="regex", pattern="(<.*>)", mask="@1 <b>x</b>", lines=hostile)
    assert hostile in b.text("#result .bubble")
    assert b.js("return document.querySelectorAll('#result img, #result script, #result b').length") == 0
    assert b.js("return document.title") == "alertik: is my rule right?"
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
        b.js("loadExample(EXAMPLES[arguments[0]])", index)
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
        page = b.js("readFields(); return ask(question())")
        assert not any(problem["error"] for problem in page["problems"]), (pattern, page["problems"])
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
        assert page["rules"][0]["groups"] == len(page["lines"][0]["matches"][0]["groups"]) if page["lines"][0]["matches"] else True


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
                       **{name: policies.get(name, "") for name in b.js("return TEXTS")})
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
    report = paste_configuration(b, "what\n" * 5000)
    assert len(report) == 51 and report[50] == "And 4951 more like these.", report[45:]
    set_fields(b, type="regex", pattern="(x)", mask="@1", lines="x\n" * 5000)
    assert b.js("return document.querySelectorAll('#result li').length") == 200
    b.until("return document.getElementById('summary').textContent.includes('first 200 lines')")
    # The core is restarted before its memory grows large.
    for index in range(60):
        set_fields(b, pattern=f"(a|b{index}).*(c|d)[0-9]{{1,40}}.*(e|f)+x{{1,60}}", lines="a")
    assert b.js("return core.memory.buffer.byteLength") < 160 << 20


@test
def the_page_introduces_itself(b):
    assert b.js("return document.title").startswith("alertik")
    assert b.text("h1") == "alertik: is my rule right?"
    links = b.js("return [...document.querySelectorAll('a')].map((a) => [a.textContent, a.href])")
    assert len(links) >= 6 and all(text.strip() for text, _ in links), links
    if b.url.startswith("file:"):
        for _, url in links:
            assert os.path.isfile(url.removeprefix("file://")), url
    assert re.search(r"alertik \d+\.\d+\.\d+", b.text("footer"))


@test
def nobody_needs_to_know_how_it_works(b):
    set_fields(b, type="regex", pattern="(x(.{0,255})){2,3}y", mask="@1", lines="xxy\nno")
    assert "takes much work" in b.text("#pattern-notes")
    b.js("for (const details of document.querySelectorAll('details')) details.open = true")
    text = b.js("return document.body.innerText")
    for word in ["DFA", "musl", "automaton", "states", "offset"]:
        assert word not in text, word


@test
def every_row_of_the_cheat_sheet_is_true(b):
    # What is written, a line, and what is found in it; None if nothing is.
    tried = {
        ".": [("x", "x"), ("é", "ANY")],
        "[^ ]+": [("ether1-wan down", "ether1-wan")],
        "[0-9]+": [("port 8291", "8291")],
        "\\d+": [("port 8291", "8291")],
        "(.*)": [("all of it", "all of it")],
        "(up|down)": [("link down", "down")],
        "(speed )?": [("speed 1G", "speed ")],
        "\\(": [("a(b", "(")],
        "\\.": [("a.b", "."), ("ab", None)],
        "^system,": [("system,info x", "system,"), ("x system,", None)],
        "ssh$": [("via ssh", "ssh"), ("ssh x", None)],
        "[^,]+,": [("1G, full, x", "1G,")],
    }
    masks = {"@1": "G", "@{router}": "127.0.0.1", "@{source}": "127.0.0.1", "@{topics}": "system,info", "@{text}": "x G"}
    b.js("document.getElementById('cheats').open = true")
    assert b.js("return document.querySelectorAll('#cheats tbody tr').length") == 10
    codes = b.js("return [...document.querySelectorAll('#cheats code')].map((code) => code.textContent)")
    for code in codes:
        if code in masks:
            set_fields(b, type="regex", pattern="(G)", mask=f"<{code}>", lines="system,info x G")
            assert b.text("#result .bubble").startswith(f"<{masks[code]}>"), (code, b.text("#result .bubble"))
        elif code in ("(?i)", ".+?,"):
            set_fields(b, type="regex", pattern=code, mask="x", lines="x")
            assert not b.js("return document.getElementById('pattern-error').hidden"), code
        else:
            for line, found in tried[code]:
                set_fields(b, type="regex", pattern=code, mask="x", lines=line)
                match = b.js("return document.querySelector('#result mark')?.textContent ?? null")
                assert match is not None if found == "ANY" else match == found, (code, line, match)
    assert set(tried) | set(masks) <= set(codes), set(tried) - set(codes)


def daemon_says(script, *words):
    """Runs the daemon's binary in an environment that a script for a shell makes."""
    return subprocess.run(["sh", "-c", script + 'exec "$0" "$@"', ALERTIK, *words], capture_output=True, text=True, env={}, timeout=60)


def choose_notifiers(b, *names):
    b.js("""for (const box of document.querySelectorAll("input[name=notifier]")) if (box.checked !== arguments[0].includes(box.value)) box.click();""", names)
    settled(b)


@test
def a_notifier_brings_its_variables(b):
    for name in b.js("return NOTIFIERS"):
        choose_notifiers(b, name)
        prefix = name.upper() + "_"
        own = b.js("return placeholders")
        assert (own == []) == (name == "Console") and all(variable.startswith(prefix) for variable in own), (name, own)
        for form in b.js("return Object.values(forms)"):
            assert f"{name}" in form and all(variable in form for variable in own), (name, form)
        assert all(variable in b.text("#form-note") for variable in own), b.text("#form-note")
        # The placeholders have the right form, and nothing is missing.
        check = daemon_says(b.js("return forms.shell"), "check", "--only-variables")
        assert check.returncode == 0, (name, check.stdout, check.stderr)
    # By the keyboard: two of them, and none.
    choose_notifiers(b, "Telegram")
    b.js("document.querySelector('input[name=notifier]').focus()")
    b.keys(TAB, SPACE)
    settled(b)
    assert "EVENT0_NOTIFIER='Telegram,Slack'" in b.js("return forms.shell")
    assert "TELEGRAM_CHAT_ID" in b.js("return forms.compose") and "SLACK_WEBHOOK_URL" in b.js("return forms.routeros")
    assert b.text("#result .who") == "Telegram and Slack get", b.text("#result .who")
    b.keys(SPACE, (SHIFT, TAB), SPACE)
    settled(b)
    assert "is not set" in b.text("#notifiers-error p") and b.js("return forms === null")
    assert b.js("return document.getElementById('notifiers').getAttribute('aria-invalid')") == "true"


def compose_config(text):
    """Returns the service as Compose would start it: every `$` must stand for itself."""
    class Strict(yaml.SafeLoader):
        """Compose refuses a key that is there twice; YAML's library takes the last."""

    def mapping(loader, node, deep=False):
        keys = [loader.construct_object(key, deep=deep) for key, _ in node.value]
        assert len(keys) == len(set(keys)), keys
        return dict(zip(keys, (loader.construct_object(value, deep=True) for _, value in node.value)))
    Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    service = yaml.load(text, Strict)["services"]["alertik"]

    def interpolated(value):
        assert isinstance(value, str), value
        assert not re.search(r"\$(?!\$)", value.replace("$$", "")), f"a variable of Compose in {value}"
        return value.replace("$$", "$")
    service["environment"] = {name: interpolated(value) for name, value in service["environment"].items()}
    return service


@test
def the_compose_form_runs(b):
    mask = "'@1' costs $5, $$: {{x}} #1\\n@@"
    line = "it's \"tea\": $5 ${HOME} $$ # é"
    for pattern in ["it's \"([^ ]+)\": \\$5 .*é$", "it's \"([^ ]+)\": \\$5 \\$\\{HOME\\} \\$\\$ # é$", "  ([a-z]+)"]:
        set_fields(b, type="regex", pattern=pattern, mask=mask, lines=line, number="0", notifier="Telegram,Console", EXCEPT_STR="one: 'x'\n- two #")
        choose_form(b, "compose")
        b.click("#copy")
        b.until("return document.getElementById('said').textContent === 'Copied.'")
        service = compose_config(pasted(b))
        environment = service.pop("environment")
        assert environment["EVENT0_MATCH_STR"] == pattern and environment["EVENT0_MASK_MSG"] == mask, environment
        assert environment["EVENT0_EXCEPT_STR"] == "one: 'x'\n- two #", environment
        # The rest is the service of the documents.
        with open(os.path.join(os.path.dirname(__file__), "../../../docs/compose.yml"), encoding="utf-8") as file:
            documented = yaml.safe_load(file)["services"]["alertik"]
        del documented["env_file"]
        assert service == documented and service["image"].startswith("alertik:"), service
        check = subprocess.run([ALERTIK, "check", "--only-variables"], env=environment, capture_output=True, text=True, timeout=60)
        assert check.returncode == 0, check.stderr
        match = subprocess.run([ALERTIK, "match", "--json"], env=environment, input=line, capture_output=True, text=True, timeout=60)
        daemon = [json.loads(text) for text in match.stdout.splitlines()][0]
        page = b.js("return ask(question())")["lines"][0]
        assert without_time(daemon) == without_time(page) if page["matches"] else "lines" in daemon, (daemon, page)
    b.until("return document.getElementById('form-note').textContent.includes('docker compose up')")


def choose_form(b, form):
    b.js("document.querySelector(`input[name=form][value=${arguments[0]}]`).click()", form)
    settled(b)


@test
def several_rules(b):
    b.js("loadExample(EXAMPLES[3])")
    set_fields(b, lines="interface,info ether2 link up\ninterface,info ether9 link down\nsystem,info router rebooted", notifier="Console")
    b.click("#add-rule")
    settled(b)
    assert b.focused() == "pattern" and b.js("return document.getElementById('number').value") == "1"
    b.keys(*"down")
    b.type("#mask", "Something is down")
    choose_notifiers(b, "Console", "Slack")
    b.click("#add-rule")
    settled(b)
    set_fields(b, type="substr", pattern="rebooted", mask="Boot", notifier="Console")
    names = "return [...document.querySelectorAll('#rules label')].map((label) => label.innerText)"
    assert b.js(names) == ["EVENT0", "EVENT1", "EVENT2"], b.js(names)
    # Every rule that matches a line notifies, as the daemon does it.
    verdicts = b.js("return [...document.querySelectorAll('#result .verdict')].map((verdict) => verdict.textContent)")
    assert verdicts == ["Line 1: EVENT0 matches", "Line 2: EVENT0 and EVENT1 match", "Line 3: EVENT2 matches"], verdicts
    assert b.js("return document.querySelectorAll('#result li:nth-child(2) .bubble').length") == 2
    b.until("return document.getElementById('summary').textContent === 'All 3 rules are valid. 3 of 3 lines match.'")
    page = b.js("return ask(question())")["lines"]
    output = subprocess.run(["sh", "-c", b.js("return forms.shell") + 'exec "$0" match --all --json', ALERTIK],
                            input="\n".join(b.js("return lines()")), capture_output=True, text=True, env={}, timeout=60)
    daemon = [json.loads(line) for line in output.stdout.splitlines()]
    assert without_time([entry for entry in daemon if "line" in entry]) == without_time(page), (daemon, output.stderr)
    b.shot("several-rules")
    # A mistake in one is marked wherever one is, and switching shows its fields.
    b.js("document.querySelector('input[name=rule][value=\"1\"]').click()")
    settled(b)
    assert b.js("return [document.getElementById('pattern').value, document.getElementById('mask').value, chosen('type')]") == ["down", "Something is down", "regex"]
    assert b.js("return [...document.querySelectorAll('input[name=notifier]:checked')].map((box) => box.value)") == ["Slack", "Console"]
    b.type("#pattern", "(")
    settled(b)
    b.js("document.querySelector('input[name=rule][value=\"0\"]').click()")
    settled(b)
    assert b.js(names) == ["EVENT0", "EVENT1 ⚠", "EVENT2"] and b.js("return forms === null")
    assert b.js("return document.getElementById('pattern-error').hidden")
    b.until("return document.getElementById('summary').textContent === 'There is a mistake in EVENT1.'")
    # Without that one the others are right, and a number is there only once.
    b.js("document.querySelector('input[name=rule][value=\"1\"]').click()")
    settled(b)
    b.click("#remove-rule")
    settled(b)
    assert b.js(names) == ["EVENT0", "EVENT2"]
    assert "EVENT1_" in b.text("#form-note") and "ENV_EVENTS='3'" in b.js("return forms.shell")
    b.fill("#number", "0")
    settled(b)
    assert "is that of another rule" in b.text("#number-error p") and b.js("return forms === null")
    assert b.js("return document.getElementById('number').getAttribute('aria-invalid')") == "true"
    b.fill("#number", "1")
    settled(b)
    assert b.js("return document.getElementById('number-error').hidden && forms !== null")
    assert "without a gap" not in b.text("#form-note")
    # The address keeps all of them.
    before = b.js("readFields(); return [rules, current, lines()]")
    b.click("#link")
    b.until("return location.hash.length > 10")
    b.open(b.js("return location.href"))
    b.until("return document.querySelectorAll('#result li').length === 3")
    assert b.js("readFields(); return [rules, current, lines()]") == before
    b.click("#remove-rule")
    settled(b)
    assert b.js(names) == ["EVENT0"] and b.js("return document.getElementById('remove-rule').disabled")


@test
def several_rules_by_the_keyboard(b):
    tab_to(b, "add-rule")
    b.keys(ENTER)
    settled(b)
    b.keys("x")
    tab_to(b, "mask")
    b.keys("y")
    settled(b)
    assert b.js("return Object.values(ask(question()).rules.map((rule) => rule.rule))") == ["EVENT0", "EVENT1"]
    b.js("document.activeElement.blur(); document.querySelector('nav a:last-of-type').focus()")
    b.keys(TAB)
    assert b.focused() == "1", b.focused()
    b.keys(LEFT)
    settled(b)
    assert b.focused() == "0" and b.js("return current === 0 && document.getElementById('pattern').value") == b.js("return EXAMPLES[0].pattern")
    b.keys(RIGHT)
    settled(b)
    assert b.focused() == "1" and b.js("return document.getElementById('pattern').value") == "x"
    # The focus stays in the list when a mark in it changes.
    b.type("#pattern", "(")
    settled(b)
    b.js("document.querySelector('input[name=rule]:checked').focus()")
    for key, focused in [(LEFT, "0"), (RIGHT, "1")]:
        b.keys(key)
        settled(b)
        assert b.focused() == focused and "EVENT1 ⚠" in b.text("#rules"), b.focused()
    b.keys(TAB, TAB, ENTER)
    settled(b)
    assert b.focused() == "0" and b.js("return rules.length") == 1
    # What was typed last is not lost, however soon the next rule comes.
    b.js("""const field = document.getElementById("pattern"); field.value = "late";
            field.dispatchEvent(new Event("input", {bubbles: true})); document.getElementById("add-rule").click();""")
    settled(b)
    assert b.js("return rules.map((rule) => rule.variables.MATCH_STR)") == ["late", ""]


@test
def the_step_is_that_of_alertik_match(b):
    lines = ["down a"] * 7
    set_fields(b, type="regex", pattern="down (.*)", mask="@1 @{count}", lines="\n".join(lines), notifier="Console", number="0", THRESHOLD="3/60", COOLDOWN_SECS="100")
    seen = set()
    b.js("document.getElementById('policies').open = true")
    for seconds in ["0", "1", "25", "40", "604800"]:
        b.fill("#step", seconds)
        settled(b)
        page = b.js("return ask(question())")["lines"]
        output = subprocess.run(["sh", "-c", b.js("return forms.shell") + 'exec "$0" match --all --json --step "$1"', ALERTIK, seconds],
                                input="\n".join(lines), capture_output=True, text=True, env={}, timeout=60)
        daemon = [json.loads(line) for line in output.stdout.splitlines()]
        assert without_time([entry for entry in daemon if "line" in entry or "timer" in entry]) == without_time(page), (seconds, daemon)
        seen.add(without_time(page))
    assert len(seen) >= 3, seen
    b.until("return document.getElementById('summary').textContent.endsWith(' 604800 seconds pass from line to line.')")
    for wrong in ["604801", "-1", "1.5", ""]:
        b.fill("#step", wrong)
        settled(b)
        assert "whole seconds from 0 to 604800" in b.text("#step-error p"), wrong
        assert b.js("return document.getElementById('step').getAttribute('aria-invalid')") == "true"
    b.fill("#step", "25")
    settled(b)
    assert b.js("return document.getElementById('step-error').hidden")


@test
def rules_know_each_other(b):
    """Policies that name other rules do what the daemon does."""
    lines = ["fail a", "fail a", "ok a", "fail b", "ok b"]
    set_fields(b, type="regex", pattern="fail (.*)", mask="fail @1", lines="\n".join(lines), notifier="Console", number="0", KEY="@1", COOLDOWN_SECS="0")
    b.click("#add-rule")
    set_fields(b, type="regex", pattern="ok (.*)", mask="in as @1", notifier="Console", KEY="@1", more="AFTER=0:2/600\n EVENT1_COOLDOWN_SECS=0")
    page = b.js("return ask(question())")["lines"]
    assert [len([match for match in entry["matches"] if "held" not in match]) for entry in page] == [1, 1, 1, 1, 0], page
    assert b.js("return document.getElementById('more-error').hidden"), b.text("#more-error")
    output = subprocess.run(["sh", "-c", b.js("return forms.shell") + 'exec "$0" match --all --json --step 1', ALERTIK],
                            input="\n".join(lines), capture_output=True, text=True, env={}, timeout=60)
    daemon = [json.loads(line) for line in output.stdout.splitlines()]
    assert without_time([entry for entry in daemon if "line" in entry]) == without_time(page), (daemon, output.stderr)
    b.js("document.getElementById('policies').open = true")
    b.fill("#more", "AFTER=7:2/600")
    settled(b)
    assert "names EVENT7, which is not a rule" in b.text("#more-error p"), b.text("#more-error")
    b.fill("#more", "FOO=1")
    settled(b)
    assert "EVENT1_FOO: is not known" in b.text("#more-error p"), b.text("#more-error")
    assert "warning" in b.js("return document.getElementById('more-error').className") and b.js("return forms !== null")


def paste_configuration(b, text):
    """Puts a text into the field for it, and imports it."""
    b.js("document.getElementById('import').open = true; document.getElementById('import-text').value = arguments[0]", text)
    b.click("#import-rules")
    settled(b)
    return b.js("return [...document.querySelectorAll('#import-report li')].map((item) => item.textContent)")


@test
def a_configuration_is_imported(b):
    report = paste_configuration(b, "\ufeff# mine\r\nENV_EVENTS=2\r\nexport TELEGRAM_BOT_TOKEN='77:secret'\r\n\r\n"
                                    "  EVENT0_NOTIFIER = 'telegram, Console' # both\r\nEVENT0_MATCH_TYPE=Regex\r\nEVENT0_MATCH_STR='it'\\''s \"([^ ]+)\"$'\r\n"
                                    "EVENT0_MASK_MSG=\"@1 costs \\$5\"\r\nEVENT0_THRESHOLD=2/60\r\nEVENT0_TOPICS=system\r\n"
                                    "EVENT1_NOTIFIER=Console\nEVENT1_MATCH_TYPE=substr\nEVENT1_MATCH_STR=down \nEVENT1_MASK_MSG=x\nEVENT1_COLDOWN_SECS=3\nSYSLOG_PROT=514\nTZ=UTC\nhello there\n")
    assert report[0] == "Imported: EVENT0, EVENT1.", report
    said = "\n".join(report)
    assert "Line 18 is no variable" in said and "SYSLOG_PROT: is not known, so it does nothing; did you mean SYSLOG_PORT?" in said, said
    assert "EVENT1_COLDOWN_SECS: is not known, so it does nothing; did you mean EVENT1_COOLDOWN_SECS?" in said, said
    assert "leaves it alone: TELEGRAM_BOT_TOKEN, TZ." in said, said
    variables = b.js("return rules.map((rule, index) => variablesOf(rule, index)).flat()")
    for expected in ["EVENT0_NOTIFIER=Telegram,Console", "EVENT0_MATCH_TYPE=regex", "EVENT0_MATCH_STR=it's \"([^ ]+)\"$", "EVENT0_MASK_MSG=@1 costs $5",
                     "EVENT0_THRESHOLD=2/60", "EVENT0_TOPICS=system", "EVENT1_MATCH_TYPE=substr", "EVENT1_MATCH_STR=down "]:
        assert expected in variables, (expected, variables)
    assert b.js("return document.getElementById('policies').open") and b.js("return document.getElementById('more').value") == "TOPICS=system"
    # A secret is neither in what is copied nor in the address.
    b.click("#link")
    b.until("return location.hash.length > 10")
    state = b.js("return atob(location.hash.slice(1).replaceAll('-', '+').replaceAll('_', '/')) + JSON.stringify(forms)")
    assert "secret" not in state and "EVENT0" in state, state
    # A mistake is at its field, and nothing changes without a rule.
    report = paste_configuration(b, "environment:\n  EVENT4_NOTIFIER: 'Console'\n  EVENT4_MATCH_TYPE: regex\n  EVENT4_MATCH_STR: 'a(b$$'\n  EVENT4_MASK_MSG: \"x\"\n")
    assert report[0] == "Imported: EVENT4." and "character 2, “(”" in report[1], report
    assert b.js("return document.getElementById('pattern').value") == "a(b$" and b.js("return document.getElementById('number').value") == "4"
    assert not b.js("return document.getElementById('pattern-error').hidden")
    report = paste_configuration(b, "<img src=x onerror=\"document.title='owned'\">\nFOO='open\n")
    assert "nothing changed" in report[0] and len(report) == 3, report
    assert b.js("return document.getElementById('number').value") == "4" and b.js("return document.querySelectorAll('#import-report img').length") == 0
    b.shot("import")


@test
def every_form_can_be_pasted_back(b):
    set_fields(b, type="regex", pattern="é \\(([^'\"]+)\\)\\? `x` $", mask="@1: 5 $ \\n \"x\" 'y'", lines="x", notifier="Slack,Console",
               THRESHOLD="2/60", EXCEPT_STR="a b\nc", more="TOPICS=system,!debug")
    b.click("#add-rule")
    set_fields(b, type="substr", pattern=" #: ", mask="@@", notifier="Generic1")
    expected = b.js("readFields(); return rules.map((rule, index) => variablesOf(rule, index).sort())")
    forms = b.js("return forms")
    assert len(forms) == 4
    for name, form in forms.items():
        b.js("rules = [newRule(9, {})]; switchTo(0)")
        settled(b)
        report = paste_configuration(b, form)
        assert report[0] == "Imported: EVENT0, EVENT1.", (name, report)
        assert b.js("return rules.map((rule, index) => variablesOf(rule, index).sort())") == expected, name


@test
def places_are_in_characters(b):
    # Before each place are characters that take two, three and four bytes.
    line = "é→🔔 user zoë in"
    set_fields(b, type="regex", pattern="user ([^ ]+) (in)", mask="@1", lines=line)
    places = b.js("return [...document.querySelectorAll('#result .groups small')].map((small) => small.textContent.trim())")
    assert places == [f"characters {line.index('zoë') + 1}–{line.index('zoë') + 3}", f"characters {len(line) - 1}–{len(line)}"], places
    set_fields(b, pattern="u(s)er z(o)?", mask="@1")
    assert b.js("return [...document.querySelectorAll('#result .groups small')].map((small) => small.textContent.trim())") == ["character 6", "character 11"]
    for field, text, place in [("pattern", "é→🔔(x", 4), ("mask", "🔔🔔 @9", 4)]:
        set_fields(b, pattern="(a)", mask="@1")
        set_fields(b, **{field: text})
        message = b.text(f"#{field}-error p")
        assert f"character {place}, “{text[place - 1]}”" in message and "byte" not in message, message
        assert b.text(f"#{field}-error pre b") == text[place - 1]


@test
def exceptions_and_case(b):
    set_fields(b, type="regex", pattern="link DOWN", mask="x", lines="ether1 link down\nether7 link down", EXCEPT_STR="")
    assert b.js("return document.querySelectorAll('#result .hit').length") == 0
    b.js("document.getElementById('IGNORE_CASE').click()")
    settled(b)
    assert b.js("return document.querySelectorAll('#result .hit').length") == 2
    b.js("document.getElementById('policies').open = true")
    b.fill("#EXCEPT_STR", "ETHER7")
    settled(b)
    assert b.js("return document.querySelectorAll('#result .hit').length") == 1
    assert "an exception or a filter leaves the line out" in b.text("#result .miss .note")
    assert b.js("return ask(question()).pace === undefined")
    assert "EVENT0_IGNORE_CASE='1'" in b.js("return forms.shell") and "EVENT0_EXCEPT_STR='ETHER7'" in b.js("return forms.shell")
    b.fill("#EXCEPT_STR", "(x")
    settled(b)
    assert "character 1, “(”" in b.text("#EXCEPT_STR-error p")


def full_page(b):
    """Shows everything that the page can show: rules, a report, warnings, errors, all details."""
    paste_configuration(b, "SYSLOG_PROT=1\nEVENT0_NOTIFIER=Console\nEVENT0_MATCH_TYPE=regex\nEVENT0_MATCH_STR=user (.*?) from a-very-long-name-without-any-blank-in-it-that-has-to-wrap\n"
                           "EVENT0_MASK_MSG=@1 $1\nEVENT0_QUIET=22\nEVENT1_NOTIFIER=Console\nEVENT1_MATCH_TYPE=substr\nEVENT1_MATCH_STR=x\nEVENT1_MASK_MSG=y\nEVENT2_MATCH_STR=(\nwhat\n")
    b.js("for (const details of document.querySelectorAll('details')) details.open = true")
    settled(b)


@test
def the_full_page_on_a_phone_in_light_and_dark(b):
    b.cdp("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=2, mobile=True)
    try:
        assert not b.js("return matchMedia('(min-width: 60rem)').matches")
        b.open(b.url)
        b.until("return document.querySelectorAll('#result li').length")
        # The cheat sheet is before the result here, so it begins closed.
        assert not b.js("return document.getElementById('cheats').open")
        b.cdp("Emulation.setEmulatedMedia", features=[STILL])
        full_page(b)
        for fixed in [False, True]:
            if fixed:
                b.js("rules.pop(); rules[0] = newRule(0, {NOTIFIER: 'Console', MATCH_STR: '(x)', MASK_MSG: '$1', KEY: 'k'}); document.getElementById('lines').value = 'x\\nno'; switchTo(0)")
                settled(b)
                b.js("for (const details of document.querySelectorAll('details')) details.open = true")
                assert b.js("return document.querySelectorAll('#result .rule').length") == 2
            outside = b.js("""return [...document.querySelectorAll("body *")].filter((e) => {
                const r = e.getBoundingClientRect();
                return r.width > 0 && (r.right > 360.5 || r.left < -0.5) && !e.closest("pre, svg, .choice legend");
              }).map((e) => e.outerHTML.slice(0, 80))""")
            assert outside == [] and b.js("return document.documentElement.scrollWidth") <= 360, outside
            for scheme in ["light", "dark"]:
                b.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}, STILL])
                count, bad = b.js(CONTRAST)
                assert count > 120 and bad == [], (scheme, count, bad)
                b.shot(f"phone-full-{scheme}-{'right' if fixed else 'wrong'}")
        small = b.js("""return [...document.querySelectorAll("button, select, textarea, input:not([type=radio], [type=checkbox]), summary, .choice span")]
            .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 32).map((e) => e.outerHTML.slice(0, 60))""")
        assert small == [], small
    finally:
        b.cdp("Emulation.setEmulatedMedia", features=[])
        b.cdp("Emulation.clearDeviceMetricsOverride")


@test
def a_screen_reader_can_read_the_full_page(b):
    full_page(b)
    b.cdp("Accessibility.enable")
    nodes = [node for node in b.cdp("Accessibility.getFullAXTree")["nodes"] if not node.get("ignored")]
    found = {}
    for node in nodes:
        role = node.get("role", {}).get("value")
        if role in ("button", "textbox", "combobox", "radio", "checkbox", "spinbutton", "link", "DisclosureTriangle", "group", "navigation", "region"):
            found.setdefault(role, []).append(node.get("name", {}).get("value", ""))
    for role, names in found.items():
        assert role == "group" or all(names), (role, names)
    assert {"Rule to edit", "Match", "Notifiers", "For"} <= set(found["group"]), found["group"]
    assert "EVENT0, with a mistake" in found["radio"] and "EVENT1" in found["radio"], found["radio"]
    assert "alertik" in found["navigation"] and "Configuration to copy" in found["region"], found
    roles = [node.get("role", {}).get("value") for node in nodes]
    assert roles.count("status") == 3 and roles.count("rowheader") == 10 and roles.count("columnheader") == 2, roles
    # Every field that has a mistake says it.
    wrong = [node for node in nodes if any(p["name"] == "invalid" and p["value"].get("value") == "true" for p in node.get("properties", []))]
    assert wrong and all(node.get("description", {}).get("value") for node in wrong), wrong


@test
def an_address_from_strangers_is_harmless(b):
    for state in ['{"rules":[]}', '{"rules":[{}]}', '{"rules":[{"number":{},"variables":{"NOTIFIER":7,"__proto__":"x"},"more":1}],"lines":["a",{}],"current":9}',
                  '{"rules":[null],"lines":[]}', '{"rules":' + '[' * 40 + ']' * 40 + '}', '7', 'null', '[]']:
        b.open(b.url + "#" + base64.urlsafe_b64encode(state.encode()).decode().rstrip("="))
        b.until("return rules.length > 0 && document.querySelectorAll('#rules label').length > 0")
        settled(b)
        assert b.js("return failures") == 0, state
        assert b.js("return document.getElementById('pattern').value !== undefined && !isNaN(rules.length)")


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
