//! What is to be brought up: every object of an environment with its id, in an order in which each
//! finds what it refers to.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use idp::inside::GivenIds;
use protocol::id::derived;
use uuid::Uuid;

use super::delta::{Turns, joined};
use super::file::{SeedError, environment_id, table};
use super::kind::Form;
use super::tree::Object;

/// An object that is to be brought up.
pub(super) struct Planned<'a> {
    pub(super) object: &'a Object,
    pub(super) id: Uuid,
    /// What it hangs off, by its place in the plan; the environment hangs off nothing.
    pub(super) above: Option<usize>,
    /// Its table in the file, such as `[[environments.resources.scopes]]`.
    pub(super) table: String,
}

/// An environment's plan.
pub(super) struct Plan<'a> {
    /// The environment comes first.
    pub(super) all: Vec<Planned<'a>>,
    /// The order in which they are brought up.
    pub(super) order: Vec<usize>,
    /// The ids, by where they stand.
    pub(super) ids: Arc<GivenIds>,
    named: HashMap<(String, Option<Uuid>, String), Uuid>,
}

impl<'a> Plan<'a> {
    /// Plans an environment.
    ///
    /// # Errors
    ///
    /// [`SeedError`] where two objects cannot be told apart.
    pub(super) fn of(environment: &'a Object, file: &str) -> Result<Self, SeedError> {
        let mut plan = Self {
            all: Vec::new(),
            order: Vec::new(),
            ids: Arc::default(),
            named: HashMap::new(),
        };
        let mut ids = GivenIds::new();
        let id = environment_id(environment);
        plan.add(environment, id, None, "", "environments", "", &mut ids);
        plan.ids = Arc::new(ids);
        plan.require_distinct(file)?;
        plan.order = (1..plan.all.len()).collect();
        let rank = |place: &usize| plan.all.get(*place).map(|one| one.object.kind.rank);
        plan.order.sort_by_key(rank);
        Ok(plan)
    }

    #[expect(clippy::too_many_arguments, reason = "one recursion, in one place")]
    fn add(
        &mut self,
        object: &'a Object,
        id: Uuid,
        above: Option<usize>,
        place: &str,
        title: &str,
        path: &str,
        ids: &mut GivenIds,
    ) {
        let own = self.all.len();
        self.all.push(Planned {
            object,
            id,
            above,
            table: format!("[[{title}]]"),
        });
        let mut turns = Turns::default();
        for child in &object.children {
            let key = child.kind.key;
            let label = child.label();
            let step = turns.step(child);
            let child_id = child.id.unwrap_or_else(|| derived(id, &step));
            let child_path = joined(path, &step);
            let child_place = joined(place, key);
            if let Some(label) = label {
                let parent = above.is_some().then_some(id);
                let named = (child_place.clone(), parent, label);
                self.named.entry(named).or_insert(child_id);
            }
            ids.insert(child_path.clone(), child_id);
            let child_title = format!("{title}.{key}");
            self.add(
                child,
                child_id,
                Some(own),
                &child_place,
                &child_title,
                &child_path,
                ids,
            );
        }
    }

    fn require_distinct(&self, file: &str) -> Result<(), SeedError> {
        let mut seen: HashMap<Uuid, &Planned<'_>> = HashMap::new();
        for planned in &self.all {
            // Texts, settings and memberships have no ids of their own.
            if !matches!(
                planned.object.kind.form,
                Form::Certificates
                    | Form::Collection
                    | Form::Given
                    | Form::Images
                    | Form::Roles
                    | Form::Users
            ) {
                continue;
            }
            let Some(other) = seen.insert(planned.id, planned) else {
                continue;
            };
            let label = planned.object.label();
            let also = other
                .object
                .line
                .map_or_else(String::new, |line| format!(" (line {line})"));
            let what = if planned.object.id.is_some() {
                format!(
                    "another object{also} has the id {}; each has its own",
                    planned.id
                )
            } else {
                format!(
                    "there is another one{also} that is told apart by nothing; give it another {}",
                    planned.object.kind.names.join(" or ")
                )
            };
            return Err(SeedError {
                file: file.to_owned(),
                line: planned.object.line,
                table: Some(table(&planned.table, label.as_deref())),
                what,
                source: None,
            });
        }
        Ok(())
    }

    /// Everything, what is below something before it, in the order of what stands at the top.
    pub(super) fn inside_out(&self) -> Vec<usize> {
        let mut places: Vec<usize> = (1..self.all.len()).collect();
        places.sort_by_key(|place| (self.rank_at_top(*place), Reverse(*place)));
        places
    }

    fn rank_at_top(&self, place: usize) -> Option<u8> {
        let planned = self.all.get(place)?;
        match planned.above {
            Some(above) if above > 0 => self.rank_at_top(above),
            _ => Some(planned.object.kind.rank),
        }
    }

    /// The id of what the file calls by a name: at a place of the environment, or below another
    /// object.
    pub(super) fn find(&self, place: &str, below: Option<Uuid>, name: &str) -> Option<Uuid> {
        let named = (place.to_owned(), below, name.to_owned());
        self.named.get(&named).copied()
    }

    /// The names at a place, for whoever misspelt one.
    pub(super) fn names(&self, place: &str) -> Vec<&str> {
        let named = self
            .named
            .keys()
            .filter(|(at, below, _)| at == place && below.is_none());
        named.map(|(_, _, name)| name.as_str()).collect()
    }
}
