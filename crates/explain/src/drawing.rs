//! The drawing: SVG, made here and not by a script. Its colours are classes of the page's style sheet,
//! so that it suits the dark theme as well.

use std::fmt::Write as _;

use crate::sequence::{Event, Sequence};
use crate::sign_on::Party;

/// Between two lifelines, and at the sides.
const GAP: usize = 250;
const SIDE: usize = 110;

const HEAD: usize = 52;
const REQUEST: usize = 42;
const NOTE: usize = 36;

/// The width of a character of the fixed-width font at the size of labels, in tenths.
const CHARACTER: usize = 72;

/// What the parties are called.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names<'a> {
    pub(crate) browser: &'a str,
    pub(crate) application: &'a str,
    pub(crate) portal: &'a str,
    pub(crate) environment: &'a str,
}

impl<'a> Names<'a> {
    pub(crate) fn of(self, party: Party) -> &'a str {
        match party {
            Party::Browser => self.browser,
            Party::Application => self.application,
            Party::Portal => self.portal,
            Party::Environment => self.environment,
        }
    }
}

struct Drawing<'a> {
    parties: Vec<Party>,
    names: Names<'a>,
    width: usize,
    y: usize,
    svg: String,
}

/// Draws a sequence. `title` and `description` are read out in its place.
pub(crate) fn draw(
    sequence: &Sequence<'_>,
    names: Names<'_>,
    title: &str,
    description: &str,
) -> String {
    let parties: Vec<Party> = sequence.parties.iter().copied().collect();
    let width = 2 * SIDE + GAP * (parties.len() - 1);
    let mut drawing = Drawing {
        parties,
        names,
        width,
        y: HEAD,
        svg: String::new(),
    };
    for event in &sequence.events {
        drawing.event(event);
    }
    drawing.finish(title, description)
}

impl Drawing<'_> {
    fn x(&self, party: Party) -> usize {
        let place = self.parties.iter().position(|one| *one == party);
        SIDE + GAP * place.unwrap_or_default()
    }

    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Request {
                number,
                from,
                to,
                label,
                is_unseen,
            } => {
                let class = if *is_unseen {
                    "seq-unseen"
                } else {
                    "seq-request"
                };
                let label = match number {
                    Some(number) => format!("{number}. {label}"),
                    None => label.clone(),
                };
                self.arrow(*from, *to, &label, class);
            }
            Event::Answer {
                from,
                to,
                label,
                is_bad,
            } => {
                let class = if *is_bad { "seq-bad" } else { "seq-answer" };
                self.arrow(*from, *to, label, class);
            }
            Event::Checks { at, passed, failed } => match (passed, failed) {
                (passed, None) => {
                    let s = if *passed == 1 { "" } else { "s" };
                    self.note(*at, &format!("✓ {passed} check{s} passed"), "seq-passed");
                }
                (_, Some(failed)) => {
                    self.note(
                        *at,
                        &format!("✗ failed: {}", failed.check.what),
                        "seq-failed",
                    );
                }
            },
            Event::Tokens { at, names } => self.note(*at, &names.join(", "), "seq-tokens"),
        }
    }

    fn arrow(&mut self, from: Party, to: Party, label: &str, class: &str) {
        let (x1, x2) = (self.x(from), self.x(to));
        let line = self.y + 26;
        let span = x1.abs_diff(x2);
        let label = cut(label, (span - 24) * 10 / CHARACTER);
        let middle = usize::midpoint(x1, x2);
        let (tip, end) = if x2 > x1 {
            (x2 - 9, x2 - 1)
        } else {
            (x2 + 9, x2 + 1)
        };
        let (above, below) = (line - 4, line + 4);
        let text = self.y + 17;
        // Writing into a String cannot fail.
        let _ = write!(
            self.svg,
            "<g class=\"{class}\"><line x1=\"{x1}\" y1=\"{line}\" x2=\"{tip}\" y2=\"{line}\"/>\
             <path d=\"M{tip} {above} {end} {line} {tip} {below}Z\"/>\
             <text x=\"{middle}\" y=\"{text}\" text-anchor=\"middle\">{}</text></g>",
            escaped(&label)
        );
        self.y += REQUEST;
    }

    fn note(&mut self, at: Party, label: &str, class: &str) {
        let label = cut(label, (self.width - 48) * 10 / CHARACTER);
        let width = label.chars().count() * CHARACTER / 10 + 24;
        let x = self.x(at).saturating_sub(width / 2).max(8);
        let x = x.min((self.width - 8).saturating_sub(width));
        let (top, text, middle) = (self.y + 4, self.y + 20, x + width / 2);
        let _ = write!(
            self.svg,
            "<g class=\"seq-note {class}\"><rect x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"24\" \
             rx=\"6\"/><text x=\"{middle}\" y=\"{text}\" text-anchor=\"middle\">{}</text></g>",
            escaped(&label)
        );
        self.y += NOTE;
    }

    fn finish(self, title: &str, description: &str) -> String {
        let (width, height) = (self.width, self.y + 16);
        let mut frame = String::new();
        for party in &self.parties {
            let x = self.x(*party);
            let name = cut(self.names.of(*party), 22);
            let left = x - 90;
            let _ = write!(
                frame,
                "<line class=\"seq-life\" x1=\"{x}\" y1=\"40\" x2=\"{x}\" y2=\"{height}\"/>\
                 <g class=\"seq-party\"><rect x=\"{left}\" y=\"8\" width=\"180\" height=\"32\" rx=\"8\"/>\
                 <text x=\"{x}\" y=\"29\" text-anchor=\"middle\">{}</text></g>",
                escaped(&name)
            );
        }
        format!(
            "<svg class=\"sequence\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" \
             aria-labelledby=\"sequence-title sequence-description\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\"><title id=\"sequence-title\">{}</title>\
             <desc id=\"sequence-description\">{}</desc>{frame}{}</svg>",
            escaped(title),
            escaped(description),
            self.svg
        )
    }
}

/// As many characters as there is room for, without the marks of what is set as code elsewhere.
fn cut(text: &str, most: usize) -> String {
    let text = text.replace('`', "");
    if text.chars().count() <= most {
        return text;
    }
    let short: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{short}…")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const NAMES: Names<'_> = Names {
        browser: "Browser",
        application: "Application",
        portal: "A portal with a name that is much too long",
        environment: "Environment",
    };

    fn drawn(parties: &[Party]) -> String {
        let [first, .., last] = parties else {
            panic!("two at least");
        };
        let long = format!("GET /{}", "x<&>\"".repeat(50));
        let mut events = Vec::new();
        for (from, to) in [(*first, *last), (*last, *first)] {
            events.push(Event::Request {
                number: Some(12),
                from,
                to,
                label: long.clone(),
                is_unseen: false,
            });
        }
        events.push(Event::Tokens {
            at: *last,
            names: vec!["access token"; 20],
        });
        events.push(Event::Checks {
            at: *first,
            passed: 14,
            failed: None,
        });
        let sequence = Sequence {
            parties: parties.iter().copied().collect(),
            events,
            items: Vec::new(),
        };
        draw(&sequence, NAMES, "A title", "A description")
    }

    /// The number in an attribute of every element that has it.
    fn numbers(svg: &str, attribute: &str) -> Vec<usize> {
        let start = format!(" {attribute}=\"");
        let values = svg.split(&start).skip(1);
        let texts = values.map(|rest| rest.split('"').next().unwrap());
        texts.filter_map(|text| text.parse().ok()).collect()
    }

    #[test]
    fn what_is_drawn_has_room_and_stands_on_a_row_of_its_own() {
        for parties in [
            &[Party::Browser, Party::Environment][..],
            &[Party::Browser, Party::Portal, Party::Environment],
        ] {
            let svg = drawn(parties);
            let width = numbers(&svg, "width")[0];
            let rects: Vec<&str> = svg.split("<rect").skip(1).collect();
            for rect in rects {
                let (x, wide) = (numbers(rect, "x")[0], numbers(rect, "width")[0]);
                assert!(x + wide <= width, "{x} and {wide} of {width}");
            }
            let texts: Vec<&str> = svg.split("<text").skip(1).collect();
            for text in &texts {
                let label = text.split('>').nth(1).unwrap().split('<').next().unwrap();
                let label = label.replace("&lt;", "<").replace("&gt;", ">");
                let label = label.replace("&quot;", "\"").replace("&amp;", "&");
                let half = label.chars().count() * CHARACTER / 20;
                let x = numbers(text, "x")[0];
                assert!(half <= x && x + half <= width, "{label} at {x} of {width}");
            }
            let rows: Vec<usize> = texts
                .iter()
                .skip(parties.len())
                .map(|text| numbers(text, "y")[0])
                .collect();
            let different: BTreeSet<usize> = rows.iter().copied().collect();
            assert_eq!(rows.len(), different.len(), "{rows:?}");
            assert!(rows.windows(2).all(|two| two[0] + 15 <= two[1]), "{rows:?}");
        }
    }

    #[test]
    fn what_comes_from_outside_is_escaped() {
        let svg = drawn(&[Party::Browser, Party::Environment]);
        assert!(svg.contains("x&lt;&amp;&gt;&quot;"), "{svg}");
        assert!(!svg.contains("x<&"), "{svg}");
    }
}
