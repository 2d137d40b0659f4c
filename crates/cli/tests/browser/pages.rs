//! What a page must do, whatever the group.

use crate::devtools::Browser;
use crate::{page_of, shipped, written};

/// A page opens in under a second on a quiet machine; tests share theirs.
const MOST_TO_OPEN: f64 = 10_000.0;
/// A step of zoom takes a few hundredths of a second there; here, whatever shows that the work has not grown with time.
const MOST_FOR_A_FRAME: f64 = 2_000.0;

const THOUSAND: &str = "
question: What does a group of a thousand see of a kill and a small deploy?
topics: {orders: 3000}
producers: {rate: {steps: {2m: 30_000/s}}}
members:
  count: 1000
  name: consumer-{n}
  start: {every: 50ms}
  session.timeout.ms: 10000
  application: {start-up: {uniform: [2s, 4s]}}
events:
  - {at: 4m, kill: consumer-17}
  - {at: 5m, start: consumer-17}
  - at: 6m
    rolling-restart: {members: [consumer-1, consumer-2], every: 20s, down: 5s}
until: 8m
compare:
  eager: {members: {partition.assignment.strategy: range}}
  cooperative: {members: {partition.assignment.strategy: cooperative-sticky}}
";

const HARM: &str = "
question: '</script><script>window.harmed = 1</script> <img src=x onerror=window.harmed=2> =1+1'
story: '<b onclick=window.harmed=3>story</b> {{ 7 * 7 }} ${window.harmed=4}'
topics: {orders: 3}
producers: {rate: 100/s}
members:
  count: 3
  name: member-{n}
events:
  - {at: 1m, kill: member-0}
until: 3m
compare:
  '<script>window.harmed = 6</script>': {}
  '\"><svg onload=window.harmed=7>': {members: {session.timeout.ms: 6000}}
";

/// Text of the tooltip that can be seen.
const TOLD: &str = "[...document.querySelectorAll('.tooltip:not([hidden])')].map(it => it.textContent).join('') + \
                    [...document.querySelectorAll('.plot > div:last-child')].filter(it => it.style.zIndex && \
                    it.style.display !== 'none' && it.style.visibility !== 'hidden' && it.style.opacity !== '0')\
                    .map(it => it.textContent).join('')";

/// Opens the page in four ways and uses it; complains of everything that does not work.
fn use_page(address: &str, name: &str, members: usize) {
    let Some(mut browser) = Browser::start(name) else { return };
    for (width, colours) in [(390, "light"), (390, "dark"), (1440, "dark"), (1440, "light")] {
        browser.dress(width, 900, colours);
        let took = browser.open(address);
        assert!(took < MOST_TO_OPEN, "{took} ms to open");
        let too_wide = browser.evaluate("document.documentElement.scrollWidth - innerWidth");
        assert!(too_wide.as_i64().unwrap() <= 0, "{too_wide} pixels too wide at {width}");
        contrast(&mut browser, colours);
    }
    assert_eq!(browser.evaluate("STORY && LANES.panels[0].lines.length"), members, "a line a member");
    hover(&mut browser);
    zoom(&mut browser);
    happenings(&mut browser, address);
    switches(&mut browser);
    names_of_controls(&mut browser);
    assert_eq!(browser.complaints(), [""; 0], "{name}");
}

/// Text stands out from what is behind it (WCAG 2.2, AA: 4.5 to 1).
fn contrast(browser: &mut Browser, colours: &str) {
    let worst = browser.evaluate(
        "(() => { const light = text => { const [r, g, b] = text.match(/[\\d.]+/g).map(Number).map(part => part / 255)\
         .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4); \
         return 0.2126 * r + 0.7152 * g + 0.0722 * b; }; \
         const pairs = [['ink', 'page'], ['ink', 'card'], ['ink', 'sunk'], ['soft', 'page'], ['soft', 'card'], ['soft', 'sunk'], \
         ['link', 'page'], ['link', 'card'], ['good', 'card'], ['good', 'good-sunk'], ['soft', 'good-sunk']]; \
         return pairs.map(([one, other]) => { \
         const [a, b] = [light(THEME.colour(one)), light(THEME.colour(other))].sort((x, y) => y - x); \
         return [(a + 0.05) / (b + 0.05), `${one} on ${other}`]; }).sort((x, y) => x[0] - y[0])[0]; })()",
    );
    assert!(worst[0].as_f64().unwrap() >= 4.5, "{colours}: {worst}");
}

fn hover(browser: &mut Browser) {
    let lane = browser.find("#lane-0 canvas");
    browser.point(lane);
    let told = browser.evaluate(TOLD);
    assert!(told.as_str().unwrap().contains(" to "), "a span says from when to when: {told}");
    for chart in ["#chart-unread", "#chart-pauses", "#chart-waiting", "#chart-latency", "#chart-rate", "#chart-load"] {
        if browser.evaluate(&format!("document.querySelector('{chart}') === null")) == true {
            continue;
        }
        browser.point((1.0, 1.0));
        let place = browser.find_below(&format!("{chart} canvas"), 45.0);
        browser.point((place.0 + 3.0, place.1));
        browser.point(place);
        let told = browser.evaluate(TOLD);
        assert!(!told.as_str().unwrap().is_empty(), "{chart} says nothing");
    }
    browser.point((1.0, 1.0));
}

fn zoom(browser: &mut Browser) {
    let shown = |browser: &mut Browser| {
        let shown = browser.evaluate("CHARTS.window()");
        shown[1].as_f64().unwrap() - shown[0].as_f64().unwrap()
    };
    let whole = shown(browser);
    let lane = browser.find("#lane-0 canvas");
    browser.point(lane);
    browser.zoom(lane);
    let after = shown(browser);
    assert!(after < whole * 0.99, "the wheel zooms in: {after} of {whole}");
    let button = browser.find("[data-zoom=in]");
    browser.click(button);
    assert!((shown(browser) - after / 2.0).abs() < after * 0.02, "and so does the button");
    let frames = browser.evaluate(
        "(async () => { const [from, to] = CHARTS.window(); let worst = 0; \
         for (let step = 0; step < 8; step += 1) { const begun = performance.now(); \
         CHARTS.show(from + (to - from) * step / 20, to); \
         await new Promise(done => requestAnimationFrame(() => setTimeout(done))); \
         worst = Math.max(worst, performance.now() - begun); } return worst; })()",
    );
    assert!(frames.as_f64().unwrap() < MOST_FOR_A_FRAME, "a step takes {frames} ms");
    let button = browser.find("[data-zoom=all]");
    browser.click(button);
    assert!((shown(browser) - whole).abs() < 1.0, "all is shown again");
}

fn happenings(browser: &mut Browser, address: &str) {
    let entry = browser.find("#happenings > li button");
    browser.click(entry);
    let told = browser.evaluate("document.querySelector('#happenings .detail').textContent");
    assert!(told.as_str().unwrap().len() > 20, "{told}");
    assert_eq!(browser.evaluate("LANES.marked() !== null"), true, "and it is marked in the pictures");
    let link = browser.evaluate("location.hash");
    let link = link.as_str().unwrap().to_owned();
    assert!(link.starts_with("#v="), "{link}");
    browser.open(&format!("{address}{link}"));
    let again = browser.evaluate("document.querySelector('#happenings .detail').textContent");
    assert_eq!(again, told, "the address leads to the same");
}

fn switches(browser: &mut Browser) {
    let button = browser.find("[data-view=partitions]");
    browser.click(button);
    let lane = browser.find("#lane-0 canvas");
    browser.point(lane);
    let told = browser.evaluate(TOLD);
    assert!(told.as_str().unwrap().contains("read by") || told.as_str().unwrap().contains("not there"), "{told}");
    let before = browser.evaluate("THEME.colour('page')");
    let button = browser.find("#theme");
    browser.click(button);
    browser.click(button);
    let chosen = browser.evaluate("document.documentElement.style.colorScheme");
    assert_eq!(chosen, "dark");
    assert_ne!(browser.evaluate("THEME.colour('page')"), before);
    let button = browser.find("#more");
    let rows = "[...document.querySelectorAll('.figures tbody tr')].filter(row => !row.hidden).length";
    let few = browser.evaluate(rows).as_u64();
    browser.click(button);
    assert!(browser.evaluate(rows).as_u64() > few, "every figure is shown");
    browser.evaluate("document.querySelector('#lane-0').focus()");
    for key in ["ArrowDown", "ArrowRight", "ArrowRight", "+", "-"] {
        browser.ask("Input.dispatchKeyEvent", &serde_json::json!({ "type": "keyDown", "key": key }));
    }
    let spoken = browser.evaluate("document.getElementById('spoken').textContent");
    assert!(spoken.as_str().unwrap().contains(" to "), "the keyboard tells as the pointer does: {spoken}");
}

/// Everything that can be used has a name, headings go down one step at a time, and every picture says what it is.
fn names_of_controls(browser: &mut Browser) {
    let nameless = browser.evaluate(
        "[...document.querySelectorAll('button, a, [role=application], [role=region], [role=group]')].filter(it => \
         !(it.textContent.trim() || it.getAttribute('aria-label') || it.getAttribute('aria-labelledby')))\
         .map(it => it.outerHTML.slice(0, 100))",
    );
    assert_eq!(nameless, serde_json::json!([]));
    let jumps = browser.evaluate(
        "[...document.querySelectorAll('h1, h2, h3, h4')].map(it => Number(it.tagName[1])).filter((level, place, all) => \
         level > (all[place - 1] || 0) + 1).length",
    );
    assert_eq!(jumps, 0, "headings that leave out a level");
    let silent = browser.evaluate(
        "[...document.querySelectorAll('.plot')].filter(it => !it.getAttribute('aria-label')).map(it => it.id)",
    );
    assert_eq!(silent, serde_json::json!([]), "pictures without words");
}

#[test]
fn a_page_of_three_members() {
    use_page(&page_of(&shipped("kill-one-of-three.yaml"), "page-3"), "three", 3);
}

#[test]
fn a_page_of_a_hundred_and_twenty_members() {
    use_page(&page_of(&shipped("rolling-restart.yaml"), "page-120"), "hundred", 120);
}

#[test]
fn a_page_of_a_thousand_members() {
    let address = page_of(&written("thousand.yaml", THOUSAND), "page-1000");
    use_page(&address, "thousand", 1_000);
}

#[test]
fn names_that_mean_harm_are_text() {
    let address = page_of(&written("harm.yaml", HARM), "page-harm");
    let Some(mut browser) = Browser::start("harm") else { return };
    browser.dress(1440, 900, "light");
    browser.open(&address);
    let entry = browser.find("#happenings > li button");
    browser.click(entry);
    let chart = browser.find_below("#chart-unread canvas", 45.0);
    browser.point((chart.0 - 3.0, chart.1));
    browser.point(chart);
    assert_eq!(browser.evaluate("typeof window.harmed"), "undefined");
    assert_eq!(browser.evaluate("document.querySelectorAll('img').length"), 0);
    let heading = browser.evaluate("document.querySelector('h1').textContent");
    assert!(heading.as_str().unwrap().starts_with("</script><script>"), "{heading}");
    let told = browser.evaluate(TOLD);
    assert!(told.as_str().unwrap().contains("onload"), "it is shown as it is: {told}");
    assert_eq!(browser.complaints(), [""; 0]);
}
