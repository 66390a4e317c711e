//! What all notifiers' variables have in common.

use std::fmt;

use alertik_core::bytes::find;
use alertik_core::delivery::{Encoding, Template};

use crate::settings::url::Url;
use crate::settings::{Env, Problems};

/// Longest title as it is written, in bytes.
const TITLE_BYTES_MAX: usize = 250;

/// Keeps a text for the life of the program.
pub(super) fn keep(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

/// Reads one notifier's variables.
pub(super) struct Reader<'e, 'p> {
    pub(super) env: &'e Env,
    pub(super) problems: &'p mut Problems,
    pub(super) prefix: String,
    /// The template of `{{title}}`, if the notifier has one.
    pub(super) title: Option<Template<'static>>,
}

impl<'e> Reader<'e, '_> {
    pub(super) fn name(&self, suffix: &str) -> String {
        [&self.prefix, suffix].concat()
    }

    pub(super) fn optional(&mut self, suffix: &str) -> Option<&'e str> {
        let name = self.name(suffix);
        self.env.text(&name, self.problems)
    }

    /// Returns a text that is sent as it stands.
    pub(super) fn verbatim(&mut self, suffix: &str) -> Option<&'e str> {
        let name = self.name(suffix);
        self.env.verbatim(&name, self.problems)
    }

    pub(super) fn required(&mut self, suffix: &str, what: &str) -> Option<&'e str> {
        let name = self.name(suffix);
        if self.env.bytes(&name).is_none() {
            self.problem(suffix, format_args!("is not set; set it to {what}"));
            return None;
        }
        self.env.text(&name, self.problems)
    }

    pub(super) fn problem(&mut self, suffix: &str, what: fmt::Arguments<'_>) {
        let name = self.name(suffix);
        self.problems.error(&name, what);
    }

    pub(super) fn url(&mut self, suffix: &str, text: &str) -> Option<Url> {
        match Url::parse(text) {
            Ok(url) => Some(url),
            Err(error) => {
                self.problem(suffix, format_args!("{error}"));
                None
            }
        }
    }

    pub(super) fn webhook(&mut self) -> Option<Url> {
        let text = self.required("_WEBHOOK_URL", "the webhook's URL")?;
        self.url("_WEBHOOK_URL", text)
    }

    /// See [`Env::choice`].
    pub(super) fn choice(&mut self, suffix: &str, allowed: &[&str]) -> Option<usize> {
        let name = self.name(suffix);
        self.env.choice(&name, allowed, self.problems)
    }

    pub(super) fn flag(&mut self, suffix: &str) -> bool {
        let name = self.name(suffix);
        self.env.flag(&name, self.problems)
    }

    /// Reads the template of a title, which is one line.
    pub(super) fn title_template(&mut self, text: &str) -> Option<Template<'static>> {
        const TITLE: &str = "_TITLE";
        if text.chars().any(char::is_control) {
            self.problem(TITLE, format_args!("has a control character"));
        }
        self.template(TITLE, text, Encoding::Raw, TITLE_BYTES_MAX)
    }

    /// Reads the title of a service that has one of its own, if it is to have any.
    pub(super) fn own_title(&mut self) -> Option<&'static Template<'static>> {
        let text = self.optional("_TITLE").filter(|text| !text.is_empty())?;
        let template = self.title_template(text)?;
        Some(Box::leak(Box::new(template)))
    }

    /// Warns of a placeholder in one pair of braces, or in those of a mask.
    fn check_braces(&mut self, suffix: &str, text: &str) {
        for field in [
            "{text}",
            "{router}",
            "{rule}",
            "{severity}",
            "{source}",
            "{time}",
        ] {
            let at = find(text.as_bytes(), field.as_bytes());
            if at.is_some_and(|at| !text.as_bytes()[..at].ends_with(b"{")) {
                let name = self.name(suffix);
                self.problems.warning(
                    &name,
                    format_args!("'{field}' is sent as it stands; write {{{field}}}"),
                );
            }
        }
    }

    pub(super) fn template(
        &mut self,
        suffix: &str,
        text: &str,
        default: Encoding,
        longest: usize,
    ) -> Option<Template<'static>> {
        if text.len() > longest {
            self.problem(suffix, format_args!("is longer than {longest} bytes"));
            return None;
        }
        match Template::parse_with(keep(text), default, self.title.as_ref()) {
            Ok(template) => {
                self.check_braces(suffix, text);
                Some(template)
            }
            Err(error) => {
                let offset = error.offset;
                self.problem(suffix, format_args!("at byte {offset}: {error}"));
                None
            }
        }
    }
}
