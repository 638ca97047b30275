//! The conditions of sign-on policies' actions: a tree of tests of the user, the session and the
//! request (PingOne, "Sign-on policy actions", condition language).

use std::net::IpAddr;

use crate::requests::failures::api::ApiFailure;
use crate::stores::sign_on_conditions::Valid;
pub(crate) use crate::stores::sign_on_conditions::{Condition, Operand};

/// Tests in one condition at most.
const MOST_TESTS: usize = 100;

/// Networks in one test at most.
const MOST_NETWORKS: usize = 100;

/// How deep tests stand in each other at most.
const DEEPEST: usize = 8;

const LONGEST: usize = 1024;

const REMOTE_ADDRESS: &str = "${flow.request.http.remoteIp}";
const PASSWORD_AT: &str = "${session.lastSignOn.withAuthenticator.pwd.at}";
const SECOND_FACTOR_AT: &str = "${session.lastSignOn.withAuthenticator.mfa.at}";

/// A condition, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Test {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    /// A variable is, or a list holds, a value.
    Equals(String, Operand),
    /// A text has this in it, or a list holds it.
    Contains(String, String),
    /// The user gave the password longer ago than so many seconds.
    PasswordOlderThan(u32),
    /// The user gave a second factor longer ago than so many seconds.
    SecondFactorOlderThan(u32),
    /// The request comes from one of these networks.
    ComesFrom(Vec<Network>),
    /// A risk that nothing here can judge.
    Risk,
}

/// The addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    address: IpAddr,
    bits: u32,
}

impl Network {
    /// An address, or one with the number of bits that count (CIDR).
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) => bits.parse().ok().filter(|bits| *bits <= most)?,
            None => most,
        };
        Some(Self { address, bits })
    }

    /// Whether an address is one of the network.
    pub(crate) fn contains(self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let differ = own.to_bits() ^ other.to_bits();
                differ.leading_zeros() >= self.bits
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let differ = own.to_bits() ^ other.to_bits();
                differ.leading_zeros() >= self.bits
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

/// What tests are asked about.
pub(crate) trait Facts {
    /// The values of a variable of the user, such as `population.id`; none when it has none or
    /// nobody is known.
    fn user(&self, variable: &str) -> Vec<Operand>;

    /// How many seconds ago the password was given in this browser's session.
    fn seconds_since_password(&self) -> Option<i64>;

    /// How many seconds ago a device proved, in this browser's session, that it is the user's.
    fn seconds_since_second_factor(&self) -> Option<i64>;

    /// Where the request comes from.
    fn address(&self) -> IpAddr;
}

impl Test {
    /// Whether it holds; nothing when that cannot be known here.
    pub(crate) fn holds(&self, facts: &dyn Facts) -> Option<bool> {
        match self {
            Self::All(tests) => every(tests, true, facts),
            Self::Any(tests) => every(tests, false, facts),
            Self::Not(test) => test.holds(facts).map(|holds| !holds),
            Self::Equals(variable, operand) => {
                Some(facts.user(variable).iter().any(|value| value == operand))
            }
            Self::Contains(variable, part) => Some(match facts.user(variable).as_slice() {
                [Operand::Text(text)] => text.contains(part.as_str()),
                values => values
                    .iter()
                    .any(|value| matches!(value, Operand::Text(text) if text == part)),
            }),
            Self::PasswordOlderThan(seconds) => Some(
                facts
                    .seconds_since_password()
                    .is_none_or(|since| since > i64::from(*seconds)),
            ),
            // One that was never given is older than any.
            Self::SecondFactorOlderThan(seconds) => Some(
                facts
                    .seconds_since_second_factor()
                    .is_none_or(|since| since > i64::from(*seconds)),
            ),
            Self::ComesFrom(networks) => {
                let address = facts.address();
                Some(networks.iter().any(|network| network.contains(address)))
            }
            Self::Risk => None,
        }
    }

    /// Whether it says anything of the user, who is not known before the first action.
    pub(crate) fn asks_about_user(&self) -> bool {
        match self {
            Self::All(tests) | Self::Any(tests) => tests.iter().any(Self::asks_about_user),
            Self::Not(test) => test.asks_about_user(),
            Self::Equals(..) | Self::Contains(..) => true,
            Self::PasswordOlderThan(_)
            | Self::SecondFactorOlderThan(_)
            | Self::ComesFrom(_)
            | Self::Risk => false,
        }
    }
}

/// Whether all tests hold (`wanted`), or whether none does not (not `wanted`): a test that decides
/// decides, whatever cannot be known of the others.
fn every(tests: &[Test], wanted: bool, facts: &dyn Facts) -> Option<bool> {
    let mut outcome = Some(wanted);
    for test in tests {
        match test.holds(facts) {
            Some(holds) if holds != wanted => return Some(!wanted),
            Some(_) => {}
            None => outcome = None,
        }
    }
    outcome
}

impl Condition {
    /// Reads the tree.
    ///
    /// # Errors
    ///
    /// The refusal names the member of an action that cannot be understood.
    pub(crate) fn test(&self) -> Result<Test, ApiFailure> {
        let mut count = 0;
        self.read("condition", 0, &mut count)
    }

    fn read(&self, at: &str, depth: usize, count: &mut usize) -> Result<Test, ApiFailure> {
        *count += 1;
        if *count > MOST_TESTS || depth > DEEPEST {
            let message =
                format!("must have at most {MOST_TESTS} tests, {DEEPEST} within each other");
            return Err(ApiFailure::invalid_value("condition", message));
        }
        let all = |tests: &[Self], member: &str, count: &mut usize| {
            if tests.is_empty() {
                return Err(ApiFailure::required_value(&format!("{at}.{member}")));
            }
            let below = format!("{at}.{member}");
            tests
                .iter()
                .map(|test| test.read(&below, depth + 1, count))
                .collect::<Result<Vec<_>, _>>()
        };
        match self {
            Self {
                and: Some(tests), ..
            } => all(tests, "and", count).map(Test::All),
            Self {
                or: Some(tests), ..
            } => all(tests, "or", count).map(Test::Any),
            Self {
                not: Some(test), ..
            } => {
                let test = test.read(&format!("{at}.not"), depth + 1, count)?;
                Ok(Test::Not(Box::new(test)))
            }
            _ => self.read_leaf(at),
        }
    }

    fn read_leaf(&self, at: &str) -> Result<Test, ApiFailure> {
        let member = |name: &str| format!("{at}.{name}");
        match self {
            Self {
                seconds_since: Some(since),
                greater: Some(seconds),
                ..
            } => match since.as_str() {
                PASSWORD_AT => Ok(Test::PasswordOlderThan(*seconds)),
                SECOND_FACTOR_AT => Ok(Test::SecondFactorOlderThan(*seconds)),
                _ => Err(ApiFailure::not_one_of(
                    &member("secondsSince"),
                    &[PASSWORD_AT, SECOND_FACTOR_AT],
                )),
            },
            Self {
                ip_range: Some(networks),
                contains: Some(variable),
                ..
            } => {
                is_remote_address(variable, &member("contains"))?;
                read_networks(networks, &member("ipRange")).map(Test::ComesFrom)
            }
            Self {
                value: Some(variable),
                equals: Some(operand),
                ..
            } => {
                if let Operand::Text(text) = operand {
                    is_short(text, &member("equals"))?;
                }
                let variable = of_user(variable, &member("value"))?;
                Ok(Test::Equals(variable, operand.clone()))
            }
            Self {
                value: Some(variable),
                contains: Some(part),
                ..
            } => {
                is_short(part, &member("contains"))?;
                let variable = of_user(variable, &member("value"))?;
                Ok(Test::Contains(variable, part.clone()))
            }
            Self {
                ip_risk: Some(scores),
                valid: Some(Valid::Variable(variable)),
                ..
            } => {
                is_remote_address(variable, &member("valid"))?;
                if scores.min_score > scores.max_score || scores.max_score > 100 {
                    let message = "must be a range within 0 and 100";
                    return Err(ApiFailure::invalid_value(&member("ipRisk"), message));
                }
                Ok(Test::Risk)
            }
            Self {
                anonymous_network: Some(networks),
                valid: Some(Valid::Variable(variable)),
                ..
            } => {
                is_remote_address(variable, &member("valid"))?;
                read_networks(networks, &member("anonymousNetwork"))?;
                Ok(Test::Risk)
            }
            Self {
                geo_velocity: Some(variable),
                valid: Some(Valid::LastSignOn(last)),
                ..
            } => {
                is_remote_address(variable, &member("geoVelocity"))?;
                is_short(
                    &last.previous_successful_authentication_ip,
                    &member("valid"),
                )?;
                is_short(
                    &last.previous_successful_authentication_time,
                    &member("valid"),
                )?;
                Ok(Test::Risk)
            }
            _ => {
                let message = "is none of the known forms: and, or, not; value with equals or \
                               contains; secondsSince with greater; ipRange with contains; ipRisk, \
                               anonymousNetwork or geoVelocity with valid";
                Err(ApiFailure::invalid_value(at, message))
            }
        }
    }
}

fn is_short(text: &str, member: &str) -> Result<(), ApiFailure> {
    crate::api::checks::at_most(member, Some(text), LONGEST)
}

/// `${user.population.id}` is `population.id`.
fn of_user(variable: &str, member: &str) -> Result<String, ApiFailure> {
    is_short(variable, member)?;
    let name = variable
        .strip_prefix("${user.")
        .and_then(|rest| rest.strip_suffix('}'));
    let name = name.filter(|name| {
        !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_alphanumeric() || "._-".contains(c))
    });
    name.map(str::to_owned).ok_or_else(|| {
        let message = "must be a variable of the user, such as ${user.population.id}";
        ApiFailure::invalid_value(member, message)
    })
}

fn is_remote_address(variable: &str, member: &str) -> Result<(), ApiFailure> {
    if variable == REMOTE_ADDRESS {
        Ok(())
    } else {
        Err(ApiFailure::not_one_of(member, &[REMOTE_ADDRESS]))
    }
}

fn read_networks(networks: &[String], member: &str) -> Result<Vec<Network>, ApiFailure> {
    if networks.len() > MOST_NETWORKS {
        let message = format!("must have at most {MOST_NETWORKS} items");
        return Err(ApiFailure::invalid_value(member, message));
    }
    let read = networks.iter().map(|network| Network::parse(network));
    read.collect::<Option<Vec<_>>>().ok_or_else(|| {
        let message = "must hold addresses and networks, such as 192.0.2.0/24";
        ApiFailure::invalid_value(member, message)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    struct Ada;

    impl Facts for Ada {
        fn user(&self, variable: &str) -> Vec<Operand> {
            let texts = |texts: &[&str]| {
                let texts = texts.iter().map(|text| Operand::Text((*text).to_owned()));
                texts.collect()
            };
            match variable {
                "population.id" => texts(&["p1"]),
                "memberOfGroupIDs" => texts(&["g1", "g2"]),
                "enabled" => vec![Operand::Flag(true)],
                _ => Vec::new(),
            }
        }

        fn seconds_since_password(&self) -> Option<i64> {
            Some(60)
        }

        fn seconds_since_second_factor(&self) -> Option<i64> {
            Some(30)
        }

        fn address(&self) -> IpAddr {
            "192.0.2.7".parse().unwrap()
        }
    }

    fn test(condition: Value) -> Result<Test, ApiFailure> {
        serde_json::from_value::<Condition>(condition)
            .unwrap()
            .test()
    }

    #[test]
    fn a_condition_is_decided_by_what_can_be_known() {
        let risk = json!({"ipRisk": {"minScore": 80, "maxScore": 100}, "valid": REMOTE_ADDRESS});
        let own = json!({"value": "${user.population.id}", "equals": "p1"});
        let other = json!({"value": "${user.population.id}", "equals": "p2"});
        for (condition, holds) in [
            (own.clone(), Some(true)),
            (other.clone(), Some(false)),
            (
                json!({"value": "${user.enabled}", "equals": true}),
                Some(true),
            ),
            (
                json!({"value": "${user.memberOfGroupIDs}", "contains": "g2"}),
                Some(true),
            ),
            (
                json!({"value": "${user.memberOfGroupIDs}", "contains": "g"}),
                Some(false),
            ),
            (
                json!({"value": "${user.population.id}", "contains": "p"}),
                Some(true),
            ),
            (
                json!({"secondsSince": PASSWORD_AT, "greater": 59}),
                Some(true),
            ),
            (
                json!({"secondsSince": PASSWORD_AT, "greater": 60}),
                Some(false),
            ),
            (
                json!({"secondsSince": SECOND_FACTOR_AT, "greater": 29}),
                Some(true),
            ),
            (
                json!({"secondsSince": SECOND_FACTOR_AT, "greater": 30}),
                Some(false),
            ),
            (
                json!({"not": {"ipRange": ["10.0.0.0/8", "192.0.2.0/24"], "contains": REMOTE_ADDRESS}}),
                Some(false),
            ),
            (risk.clone(), None),
            (json!({"not": risk}), None),
            (json!({"or": [risk, own]}), Some(true)),
            (json!({"or": [risk, other]}), None),
            (json!({"and": [risk, own]}), None),
            (json!({"and": [risk, other]}), Some(false)),
        ] {
            assert_eq!(
                test(condition.clone()).unwrap().holds(&Ada),
                holds,
                "{condition}"
            );
        }
    }

    #[test]
    fn what_is_no_condition_is_refused_by_its_member() {
        for (condition, target) in [
            (json!({}), "condition"),
            (json!({"value": "${user.x}"}), "condition"),
            (json!({"and": []}), "condition.and"),
            (
                json!({"not": {"value": "x", "equals": "y"}}),
                "condition.not.value",
            ),
            (
                json!({"secondsSince": "${x}", "greater": 1}),
                "condition.secondsSince",
            ),
            (
                json!({"ipRange": ["x"], "contains": REMOTE_ADDRESS}),
                "condition.ipRange",
            ),
            (
                json!({"ipRange": ["::/129"], "contains": REMOTE_ADDRESS}),
                "condition.ipRange",
            ),
        ] {
            let refusal = test(condition.clone()).unwrap_err();
            assert_eq!(refusal.target(), Some(target), "{condition}");
        }
        let deep = (0..20).fold(
            json!({"value": "${user.x}", "equals": "y"}),
            |inner, _| json!({"not": inner}),
        );
        assert!(test(deep).is_err());
    }

    #[test]
    fn a_network_holds_the_addresses_that_begin_with_its_bits() {
        let holds = |network: &str, address: &str| {
            Network::parse(network)
                .unwrap()
                .contains(address.parse().unwrap())
        };
        assert!(holds("0.0.0.0/0", "203.0.113.9"));
        assert!(holds("192.0.2.128/25", "::ffff:192.0.2.129"));
        assert!(!holds("192.0.2.128/25", "192.0.2.127"));
        assert!(holds("2001:db8::/32", "2001:db8:1::1"));
        assert!(!holds("2001:db8::1", "2001:db8::2"));
        assert!(!holds("::/0", "192.0.2.1"));
    }
}
