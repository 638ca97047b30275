//! Every component in every state, as a page would show it.

use std::sync::Arc;

use askama::Template;
use ui::{Brand, Choice, FormState, Layout, Messages, Mode, RuleView, Side, Site, Verdict};

#[derive(Template)]
#[template(path = "form.html")]
struct Form {
    layout: Layout,
    form: FormState,
    choices: Vec<Choice>,
    rules: Vec<RuleView>,
}

fn site() -> Site {
    Site::new(
        Messages::english(&[]),
        Arc::new(Brand::default()),
        Mode::Production,
    )
}

fn form_page(form: FormState) -> String {
    let site = site();
    let rule = |id, verdict| RuleView::new(site.messages(), id, &[("count", 5)], verdict);
    let rules = vec![
        rule("minUniqueCharacters", Verdict::Satisfied),
        rule("excludesCommonlyUsed", Verdict::Unsatisfied),
        rule("notSimilarToCurrent", Verdict::NotJudged),
    ];
    let layout = Layout::new(&site, Side::SignOn, "A form").with_form(&form);
    let choices = vec![Choice::new("de", "Germany"), Choice::new("fr", "France")];
    Form {
        layout,
        form,
        choices,
        rules,
    }
    .render()
    .unwrap()
}

#[test]
fn a_fresh_form() {
    let form = FormState::new(&["username", "password"]).with_focus("username");
    insta::assert_snapshot!(form_page(form));
}
