//! The same as plain text, to paste into a report: without what tokens say about the person.

use std::fmt::Write as _;

use protocol::trail::{Decoded, Parameter, Step};

use crate::drawing::Names;
use crate::sequence::Sequence;
use crate::sign_on::{Cause, Exchange, Outcome, SignOn};

pub(crate) fn account(sign_on: &SignOn, sequence: &Sequence<'_>, names: Names<'_>) -> String {
    let mut text = String::new();
    let outcome = match sign_on.outcome() {
        Outcome::Failed => "failed",
        Outcome::SignedOn => "signed on",
        Outcome::UnderWay => "under way",
    };
    // Writing into a String cannot fail.
    let _ = writeln!(
        text,
        "Request {} at {:.3}: {outcome}",
        sign_on.id(),
        sign_on.began_at()
    );
    if let Some(cause) = sign_on.cause() {
        write_cause(&mut text, cause);
    }
    for item in &sequence.items {
        let exchange = item.exchange;
        let status = status(exchange);
        let (from, to) = (names.of(item.from), names.of(exchange.to));
        let _ = writeln!(
            text,
            "\n{}. {from} -> {to}: {} {}\n   answered {status}, {} ms after the first request, \
             request {}",
            item.number, exchange.method, exchange.path, item.after, exchange.id
        );
        write_parameters(&mut text, "query", &exchange.parameters);
        for step in &exchange.steps {
            write_step(&mut text, step);
        }
        if let Some(redirect) = &exchange.redirect {
            let _ = writeln!(text, "   leads to {}", redirect.address());
            write_parameters(&mut text, "with", &redirect.parameters);
        }
    }
    if sign_on.left_out > 0 {
        let _ = writeln!(
            text,
            "\n{} requests in between are left out.",
            sign_on.left_out
        );
    }
    text
}

/// The status in words.
pub(crate) fn status(exchange: &Exchange) -> String {
    exchange
        .status
        .map_or("not at all".to_owned(), |status| status.to_string())
}

fn write_cause(text: &mut String, cause: Cause<'_>) {
    let _ = if let Some(checked) = cause.checked {
        let failure = checked.failure.as_deref().unwrap_or_default();
        writeln!(
            text,
            "Failed: {}\n  looked at: {}\n  because: {failure}\n  written in: {}\n  to change: {}",
            checked.check.what, checked.input, checked.check.section, checked.check.remedy
        )
    } else {
        let said = cause.exchange.said().unwrap_or("no reason was noted");
        writeln!(text, "Failed: {said}")
    };
}

fn write_parameters(text: &mut String, name: &str, parameters: &[Parameter]) {
    for Parameter {
        name: parameter,
        value,
    } in parameters
    {
        let _ = writeln!(text, "   {name}: {parameter} = {value}");
    }
}

fn write_step(text: &mut String, step: &Step) {
    let _ = match step {
        Step::Called(called) => {
            let status = called.status.map(|status| status.to_string());
            let status = status
                .or_else(|| called.failure.clone())
                .unwrap_or_default();
            writeln!(text, "   asked {} {}: {status}", called.method, called.path)
        }
        Step::Checked(checked) => {
            let mark = if checked.failure.is_some() {
                "FAILED"
            } else {
                "ok"
            };
            let (what, section) = (checked.check.what, checked.check.section);
            let _ = writeln!(text, "   [{mark}] {what}: {} ({section})", checked.input);
            match &checked.failure {
                Some(failure) => writeln!(text, "      {failure}"),
                None => Ok(()),
            }
        }
        Step::Form(parameters) => {
            write_parameters(text, "form", parameters);
            Ok(())
        }
        Step::Said(said) => writeln!(text, "   said: {said}"),
        Step::Token(token) => {
            let _ = writeln!(text, "   {} {}", token.name, token.print);
            if !token.is_readable() {
                return;
            }
            let header = Decoded::in_a_line(&token.header);
            let claims = Decoded::in_a_line(&token.without_person());
            writeln!(text, "      {header}\n      {claims}")
        }
        _ => Ok(()),
    };
}
