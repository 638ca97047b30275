//! What every page has around its content.

use std::sync::Arc;

use crate::{
    assets,
    brand::Brand,
    flash::Flash,
    form::FormState,
    messages::{Messages, Value},
    theme::Look,
};

/// Whether error pages may show causes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// Error pages show the chain of causes.
    Development,
    /// Error pages show an id to quote.
    Production,
}

/// What all pages of a program share; made once at start, cheap to clone.
#[derive(Clone, Debug)]
pub struct Site {
    inner: Arc<Inner>,
}

#[derive(Clone, Debug)]
struct Inner {
    messages: Messages,
    brand: Arc<Brand>,
    mode: Mode,
    notice: Option<Notice>,
    explains: bool,
}

/// A banner above every page, such as what development mode relaxes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Notice {
    /// What it says.
    pub text: String,
    /// The words and the address of a link after it.
    pub link: Option<(String, String)>,
}

impl Site {
    /// A site with these texts, brand and mode.
    pub fn new(messages: Messages, brand: Arc<Brand>, mode: Mode) -> Self {
        Self {
            inner: Arc::new(Inner {
                messages,
                brand,
                mode,
                notice: None,
                explains: false,
            }),
        }
    }

    /// The same site with a banner above every page.
    #[must_use]
    pub fn with_notice(self, notice: Notice) -> Self {
        self.but(|inner| inner.notice = Some(notice))
    }

    /// The same site with other texts, such as those of another language.
    #[must_use]
    pub fn saying(&self, messages: Messages) -> Self {
        self.clone().but(|inner| inner.messages = messages)
    }

    /// The same site, whose error pages lead to an explanation in development: it is at
    /// `/explain/{id}` for the id of the request.
    #[must_use]
    pub fn explaining(self) -> Self {
        self.but(|inner| inner.explains = true)
    }

    fn but(self, change: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = Arc::unwrap_or_clone(self.inner);
        change(&mut inner);
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Where the request with this id is explained, if it is.
    pub fn explanation(&self, id: &str) -> Option<String> {
        let is_explained = self.inner.explains && self.mode() == Mode::Development;
        is_explained.then(|| format!("/explain/{id}"))
    }

    /// The texts.
    pub fn messages(&self) -> &Messages {
        &self.inner.messages
    }

    /// The brand.
    pub fn brand(&self) -> &Arc<Brand> {
        &self.inner.brand
    }

    /// Whether error pages may show causes.
    pub fn mode(&self) -> Mode {
        self.inner.mode
    }
}

/// Which shell a page has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    /// The development mailbox: a top bar and a wide column.
    Mailbox,
    /// The portal: a top bar with navigation and who is signed on, and a column.
    Portal,
    /// The hosted sign-on pages: one centred card.
    SignOn,
}

/// A link of the navigation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NavItem {
    /// Where it leads, a path.
    pub href: String,
    /// What it says.
    pub text: String,
    /// Whether it is the page shown.
    pub is_current: bool,
}

impl NavItem {
    /// A link; `current_path` is the path of the page that is being shown.
    pub fn new(href: impl Into<String>, text: impl Into<String>, current_path: &str) -> Self {
        let href = href.into();
        let is_current = href == current_path;
        Self {
            href,
            text: text.into(),
            is_current,
        }
    }
}

/// Who is signed on, shown in the top bar beside the button that signs off.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Account {
    /// The name shown.
    pub name: String,
    /// Where the sign-off form posts to.
    pub sign_off_path: String,
}

/// The part of a page around its content; every page struct has one as its field `layout`.
#[derive(Clone, Debug)]
pub struct Layout {
    site: Site,
    side: Side,
    title: String,
    lead: Option<String>,
    nav: Vec<NavItem>,
    account: Option<Account>,
    flashes: Vec<Flash>,
    home: String,
    look: Look,
    is_invalid: bool,
}

impl Layout {
    /// A layout with this title, which is the page's one heading and its document title.
    pub fn new(site: &Site, side: Side, title: impl Into<String>) -> Self {
        Self {
            site: site.clone(),
            side,
            title: title.into(),
            lead: None,
            nav: Vec::new(),
            account: None,
            flashes: Vec::new(),
            home: "/".to_owned(),
            look: Look::default(),
            is_invalid: false,
        }
    }

    /// A sentence or two under the heading.
    #[must_use]
    pub fn with_lead(mut self, lead: impl Into<String>) -> Self {
        self.lead = Some(lead.into());
        self
    }

    /// The links of the top bar.
    #[must_use]
    pub fn with_nav(mut self, nav: Vec<NavItem>) -> Self {
        self.nav = nav;
        self
    }

    /// Who is signed on. The page's answer must then allow the sign-off form's redirect:
    /// [`Html::form_target`](crate::Html::form_target) with the issuer.
    #[must_use]
    pub fn with_account(mut self, account: Option<Account>) -> Self {
        self.account = account;
        self
    }

    /// Messages to show above the content.
    #[must_use]
    pub fn with_flashes(mut self, flashes: Vec<Flash>) -> Self {
        self.flashes = flashes;
        self
    }

    /// What is shown in the place of the brand.
    #[must_use]
    pub fn with_look(mut self, look: Look) -> Self {
        self.look = look;
        self
    }

    /// Where the brand in the top bar leads, `/` unless said otherwise.
    #[must_use]
    pub fn with_home(mut self, path: impl Into<String>) -> Self {
        self.home = path.into();
        self
    }

    /// Says in the document title that something is wrong with the form.
    #[must_use]
    pub fn with_form(mut self, form: &FormState) -> Self {
        self.is_invalid = form.has_errors();
        self
    }

    /// The text with this id.
    pub fn text(&self, id: &str) -> String {
        self.messages().text(id)
    }

    /// The text with this id, its placeables filled in.
    pub fn format<'a, V>(&self, id: &str, arguments: &[(&'a str, V)]) -> String
    where
        V: Clone + Into<Value<'a>>,
    {
        self.messages().format(id, arguments)
    }

    /// The word that is read before a message of the level so named.
    pub fn level_word(&self, level: &str) -> String {
        self.text(match level {
            "danger" => "flash-danger",
            "success" => "flash-success",
            "warning" => "flash-warning",
            _ => "flash-info",
        })
    }

    /// The address of a vendored file, such as `site.css`.
    pub fn asset(&self, name: &str) -> &'static str {
        assets::url(name)
    }

    /// The texts.
    pub fn messages(&self) -> &Messages {
        self.site.messages()
    }

    /// The brand.
    pub fn brand(&self) -> &Brand {
        self.site.brand()
    }

    /// Whose page it is.
    pub fn name(&self) -> &str {
        self.look.name.as_deref().unwrap_or(self.brand().name())
    }

    /// The address of the logo: a theme's ground is the same in light and dark surroundings. A name
    /// of an environment's own is not shown with a letter or a key that stands for another.
    pub fn logo_url(&self) -> Option<&str> {
        let brand = self.brand();
        let dark = brand.logo_dark_url();
        let dark = dark.filter(|_| self.look.style.is_some() && self.look.is_dark);
        let brands = (self.look.name.is_none() || brand.has_logo()).then(|| brand.logo_url());
        self.look.logo.as_deref().or(dark).or(brands)
    }

    /// The address of the logo in dark surroundings, where it is another there.
    pub fn logo_dark_url(&self) -> Option<&str> {
        let is_brands = self.look.logo.is_none() && self.look.style.is_none();
        self.brand().logo_dark_url().filter(|_| is_brands)
    }

    /// Whether the logo says the name, so that it is not written beside it.
    pub fn is_wordmark(&self) -> bool {
        let is_brands = self.look.logo.is_none() && self.look.name.is_none();
        is_brands && self.brand().is_wordmark()
    }

    /// What the logo says to those who do not see it: the name, where that is not beside it.
    pub fn logo_words(&self) -> &str {
        if self.is_wordmark() { self.name() } else { "" }
    }

    /// The address of the icon in the browser's tab, and its media type where that is known.
    pub fn favicon(&self) -> (&str, Option<&'static str>) {
        if let Some(logo) = &self.look.logo {
            return (logo, None);
        }
        let (path, media_type) = self.brand().favicon();
        (path, Some(media_type))
    }

    /// The address of the style sheet of a theme.
    pub fn theme_url(&self) -> Option<&str> {
        self.look.style.as_deref()
    }

    /// What stands at the foot: a theme's lines, the brand's, or the name.
    pub fn footer(&self) -> &str {
        let footer = self.look.footer.as_deref();
        let footer = footer.filter(|footer| !footer.trim().is_empty());
        footer.or(self.brand().footer()).unwrap_or(self.name())
    }

    /// The language, for `lang`.
    pub fn lang(&self) -> String {
        self.messages().language()
    }

    /// The one heading.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The title of the browser's tab.
    pub fn document_title(&self) -> String {
        let id = if self.is_invalid {
            "document-title-invalid"
        } else {
            "document-title"
        };
        self.format(
            id,
            &[("title", self.title.as_str()), ("brand", self.name())],
        )
    }

    /// The sentences under the heading.
    pub fn lead(&self) -> Option<&str> {
        self.lead.as_deref()
    }

    /// The links of the top bar.
    pub fn nav(&self) -> &[NavItem] {
        &self.nav
    }

    /// Who is signed on.
    pub fn account(&self) -> Option<&Account> {
        self.account.as_ref()
    }

    /// Whether the top bar has more than the brand.
    pub fn has_menu(&self) -> bool {
        !self.nav.is_empty() || self.account.is_some()
    }

    /// Messages to show above the content.
    pub fn flashes(&self) -> &[Flash] {
        &self.flashes
    }

    /// Where the brand in the top bar leads.
    pub fn home(&self) -> &str {
        &self.home
    }

    /// The banner above every page.
    pub fn notice(&self) -> Option<&Notice> {
        self.site.inner.notice.as_ref()
    }

    /// Whether the page is one centred card.
    pub fn is_card(&self) -> bool {
        self.side == Side::SignOn
    }

    /// The class of the body.
    pub fn shell(&self) -> &'static str {
        match self.side {
            Side::Mailbox => "shell-mailbox",
            Side::Portal => "shell-portal",
            Side::SignOn => "shell-card",
        }
    }
}
