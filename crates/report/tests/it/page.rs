//! The page and the files of a report: what stands in them, and that names of any kind break none of them.

use report::{Comparison, Setting, files, page};
use serde_json::Value;

use crate::hostile::hostile;
use crate::outcomes::{comparison, dynamic_cooperative, dynamic_eager, static_range};

/// The data that a page carries.
fn data(page: &str) -> Value {
    let (_, rest) = page.split_once("<script type=\"application/json\" id=\"data\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

/// The page without scripts, data and style.
fn visible(page: &str) -> String {
    let mut text = String::new();
    let mut rest = page;
    while let Some((before, after)) = rest.split_once("<s").filter(|_| true) {
        let element = ["cript", "tyle"].into_iter().find(|name| after.starts_with(name));
        text += before;
        match element {
            Some(name) => rest = after.split_once(&format!("</s{name}>")).unwrap().1,
            None => {
                text += "<s";
                rest = after;
            }
        }
    }
    text + rest
}

fn example() -> Comparison {
    let settings = vec![Setting {
        name: "members.group.instance.id".to_owned(),
        values: vec![Some("none".to_owned()), Some("{name}".to_owned()), None],
    }];
    let files = "a report".to_owned();
    Comparison { settings, files, ..comparison(vec![dynamic_eager(), static_range(), dynamic_cooperative()]) }
}

#[test]
fn the_top_says_what_is_best_and_what_to_change() {
    let page = visible(&page(&example()));
    let place = |part: &str| page.find(part).unwrap_or_else(|| panic!("`{part}` is not on the page"));
    let order = [
        "<h1 id=\"question\">Does static membership spare the group its rebalances?</h1>",
        "<p class=\"lead\"><strong>static</strong> restarts all 120 members without a single rebalance",
        "<li class=\"best\">",
        "6.20 s <b class=\"tag\">★ best</b>",
        "9.87 s <small>+59 %</small>",
        "41.9 s <small>6.7 ×</small>",
        "What makes <strong>static</strong> of <strong>dynamic eager</strong>",
        "<ins>{name}</ins></code> <small>instead of</small> <code><del>none</del>",
        "It is not the best in every row",
        "Rebalances</abbr>",
    ];
    assert!(order.map(place).is_sorted(), "{:?}", order.map(place));
    assert!(page.contains("href=\"a%20report&#x2f;figures.csv\"") || page.contains("href=\"a%20report/figures.csv\""));
}

#[test]
fn the_page_fetches_nothing() {
    let page = page(&example());
    assert!(page.contains("default-src 'none'"));
    let page = visible(&page);
    for outside in ["src=\"http", "href=\"http", "url(", "@import", "<link rel=\"stylesheet"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn names_of_any_kind_are_text_on_the_page() {
    let page = page(&hostile());
    for script in ["<script>alert", "alert(1)</script>", "\u{202e}", "\u{2066}", "\u{1b}", "\u{e000}"] {
        assert!(!page.contains(script), "{script:?}");
    }
    assert_eq!(page.matches("<script").count(), 3, "the data, the charts, and what is ours");
    assert_eq!(page.matches("</script").count(), 3);
    assert_eq!(page.matches("<h1").count(), 1);
    let names = data(&page)["variants"].as_array().unwrap().iter().map(|it| it["name"].clone()).collect::<Vec<_>>();
    assert_eq!(names[0], "<script>alert(1)</script>", "data keeps it as it is");
    assert!(visible(&page).contains("&lt;script&gt;alert(1)&lt;"), "and people see it");
    assert!(names.iter().all(|name| name.as_str().unwrap().chars().count() <= 60));
}

#[test]
fn every_chart_is_well_formed_whatever_names_hold() {
    let mut charts = 0;
    for file in files(&hostile()).iter().filter(|file| file.name.ends_with(".svg")) {
        let Some(svg) = &file.text else { continue };
        charts += 1;
        assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"), "{}", file.name);
        assert!(!svg.contains("<script") && !svg.contains('\u{202e}'), "{}", file.name);
        let control = svg.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
        assert_eq!(control, None, "{}", file.name);
        let open: Vec<&str> = svg.split('<').skip(1).filter(|tag| !tag.starts_with('/')).collect();
        let closed = svg.matches("</").count() + svg.matches("/>").count();
        assert_eq!(open.len(), closed, "{}", file.name);
        let bare = svg.match_indices('&').filter(|(place, _)| {
            let entity: String = svg[place + 1..].chars().take_while(|c| *c != ';').take(8).collect();
            !entity.chars().all(|c| c.is_ascii_alphanumeric() || c == '#')
        });
        assert_eq!(bare.count(), 0, "{}", file.name);
    }
    assert!(charts >= 1);
}

#[test]
fn tables_keep_names_whole_and_no_cell_is_a_formula() {
    let mut comparison = hostile();
    for (variant, name) in comparison.variants.iter_mut().zip(["=cmd|' /C calc'!A0", "+1", "-1", "@x", "\t=1"]) {
        name.clone_into(&mut variant.name);
    }
    let files = files(&comparison);
    assert!(files.iter().map(|file| file.name).eq(report::file_names()), "a file is missing among the names");
    let figures = files.iter().find(|file| file.name == "figures.csv").unwrap().text.as_deref().unwrap();
    let mut reader = csv::Reader::from_reader(figures.as_bytes());
    let mut names = Vec::new();
    for record in reader.records() {
        let record = record.unwrap();
        assert_eq!(record.len(), 5);
        assert!(record.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])), "{record:?}");
        if names.last().is_none_or(|last| *last != record[0]) {
            names.push(record[0].to_owned());
        }
    }
    assert_eq!(names[0], "'=cmd|' /C calc'!A0");
    assert!(names.contains(&"日本語の名前 👩‍👩‍👧".to_owned()));
    assert!(names.iter().any(|name| name.len() == 10_000));
}

#[test]
fn a_report_has_the_same_names_whatever_it_is_about() {
    let names = |comparison: &Comparison| files(comparison).iter().map(|file| file.name).collect::<Vec<_>>();
    assert_eq!(names(&example()), names(&Comparison::default()));
    assert!(page(&Comparison::default()).contains("There is nothing to compare"));
}
