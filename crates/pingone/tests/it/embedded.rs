//! The same calls against the embedded environment, over HTTPS.

mod configuration;
mod examples;
mod groups;
mod operations;
mod second_factors;

use futures_util::TryStreamExt as _;
use jiff::SignedDuration;
use pingone::auth::{
    AuthorizationRequest, EndSession, FormParams, Issuer, OriginalIdToken, RedirectUri, Scopes,
    TokenRef, Tokens,
};
use pingone::management::Client;
use pingone::{
    AccountStatus, ApplicationId, ClientAuthentication, ClientSecret, Credentials, Endpoints,
    EnvironmentId, LifecycleStatus, Method, Name, NewUser, Password, PasswordStatus, Patch,
    Population, RecoveryCode, Retries, Transport, User, UserPatch, VerificationCode, auth, scim,
};
use testkit::{Person, System, give_credentials};

const PASSWORD: &str = "Sunny-Harbour-42";

struct Embedded {
    system: System,
    endpoints: Endpoints,
    transport: Transport,
    pingone: Client,
}

impl Embedded {
    async fn start() -> Self {
        Self::on(System::prepare().without_portal().start().await)
    }

    fn on(system: System) -> Self {
        let env = system.env();
        let endpoints = Endpoints::new(&env.auth_url, &env.api_url).unwrap();
        let transport = Transport::builder()
            .only_trust(system.authority())
            .build()
            .unwrap();
        let pingone = worker(&system, &endpoints, transport.clone());
        Self {
            system,
            endpoints,
            transport,
            pingone,
        }
    }

    /// The worker by another transport.
    fn client(&self, transport: Transport) -> Client {
        worker(&self.system, &self.endpoints, transport)
    }

    /// Creates a user with [`PASSWORD`].
    async fn user(&self, username: &str) -> User {
        let user = NewUser::new(username, format!("{username}@example.com"))
            .name(Name::new().given("Ada"))
            .password(Password::new(PASSWORD));
        self.pingone.users().create(&user).await.unwrap()
    }

    fn application(&self) -> auth::Client {
        let env = self.system.env();
        let issuer = Issuer::parse(&env.issuer).unwrap();
        let credentials = basic(&env.client_id, &env.client_secret);
        auth::Client::new(issuer, credentials, self.transport.clone())
    }

    /// Signs a user on through the hosted page.
    async fn sign_on(&self, client: &auth::Client, scopes: &str, username: &str) -> Tokens {
        let person = Person::new(username, PASSWORD);
        self.sign_on_as(&person, client, scopes).await
    }

    /// Signs somebody on who has another password.
    async fn sign_on_as(&self, person: &Person, client: &auth::Client, scopes: &str) -> Tokens {
        let callback = self.system.portal("/callback").to_string();
        let request = AuthorizationRequest::new(RedirectUri::parse(&callback).unwrap())
            .scopes(Scopes::parse(scopes).unwrap());
        let authorization = client.authorize(&request).await.unwrap();
        let browser = self.system.browser().stopping_at(&callback);
        let page = browser.open(&authorization.url).await;
        let page = give_credentials(&page, person).await;
        let location = page.location();
        let params = FormParams::parse(location.query().unwrap().as_bytes()).unwrap();
        let response = client.receive(authorization.pending, &params).unwrap();
        client.complete(response).await.unwrap()
    }
}

fn worker(system: &System, endpoints: &Endpoints, transport: Transport) -> Client {
    let env = system.env();
    let worker = basic(&env.worker_client_id, &env.worker_client_secret);
    let environment = EnvironmentId::parse(&env.environment_id).unwrap();
    Client::new(endpoints, environment, worker, transport)
}

fn basic(client_id: &str, secret: &str) -> Credentials {
    let secret = ClientSecret::new(secret);
    Credentials::new(client_id, ClientAuthentication::ClientSecretBasic(secret))
}

#[tokio::test]
async fn a_user_is_created_found_changed_and_deleted() {
    let embedded = Embedded::start().await;
    let users = embedded.pingone.users();
    let ada = embedded.user("ada-1").await;
    assert_eq!(ada.enabled, Some(true));

    for text in ["ada-1", "ADA-1", "ada-1@example.com"] {
        let found = users.find_by_username_or_email(text).await.unwrap();
        assert_eq!(found.map(|user| user.id), Some(ada.id), "{text}");
    }
    let injection = r#"x" or enabled eq true or username eq "x"#;
    assert!(
        users
            .find_by_username_or_email(injection)
            .await
            .unwrap()
            .is_none()
    );

    let mut patch = UserPatch::default();
    patch.email = Patch::Set("ada@new.example".to_owned());
    patch.name = Patch::Clear;
    let changed = users.update(ada.id, &patch).await.unwrap();
    assert_eq!(changed.email.as_deref(), Some("ada@new.example"));
    assert!(changed.name.is_none());

    users.disable(ada.id).await.unwrap();
    assert_eq!(users.load(ada.id).await.unwrap().enabled, Some(false));
    users.enable(ada.id).await.unwrap();
    let locked = users.lock(ada.id).await.unwrap().account.unwrap();
    assert!(!locked.can_authenticate);
    assert!(
        users
            .unlock(ada.id)
            .await
            .unwrap()
            .account
            .unwrap()
            .can_authenticate
    );

    users.delete(ada.id).await.unwrap();
    assert!(users.load(ada.id).await.unwrap_err().is_not_found());
    assert!(users.delete(ada.id).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn what_is_wrong_with_a_new_user_is_told_by_field() {
    let embedded = Embedded::start().await;
    let users = embedded.pingone.users();
    embedded.user("bob").await;
    let create = async |user: NewUser| users.create(&user).await.unwrap_err();

    assert!(
        create(NewUser::new("BOB", "other@example.com"))
            .await
            .is_taken("username")
    );
    let error = create(NewUser::new("eve", "no address")).await;
    assert!(error.problem_with("email").is_some(), "{error}");
    let weak = NewUser::new("eve", "eve@example.com").password(Password::new("password"));
    let error = create(weak).await;
    assert!(error.is_policy_violation(), "{error}");
    assert!(
        error
            .unsatisfied_requirements()
            .contains(&"excludesCommonlyUsed"),
        "{error}"
    );
    assert!(
        users
            .find_by_username_or_email("eve")
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn all_pages_of_a_list_are_read() {
    let embedded = Embedded::start().await;
    for number in 0..7 {
        embedded.user(&format!("page-{number}")).await;
    }
    let filter = scim::sw("username", "page-");
    let users = embedded.pingone.users();
    let streamed: Vec<_> = users
        .list()
        .filter(&filter)
        .limit(3)
        .stream()
        .try_collect()
        .await
        .unwrap();
    let mut names: Vec<_> = streamed
        .into_iter()
        .filter_map(|user| user.username)
        .collect();
    names.sort();
    assert_eq!(
        names,
        (0..7)
            .map(|number| format!("page-{number}"))
            .collect::<Vec<_>>()
    );

    let first = users.list().filter(&filter).limit(3).page().await.unwrap();
    assert_eq!(first.items.len(), 3);
    let second = users.list().from(first.next.unwrap()).page().await.unwrap();
    assert_eq!(second.items.len(), 3);
}

#[tokio::test]
async fn a_password_is_set_checked_locked_and_unlocked() {
    let embedded = Embedded::start().await;
    let ada = embedded.user("ada-2").await;
    let passwords = embedded.pingone.passwords(ada.id);
    let (right, wrong) = (Password::new(PASSWORD), Password::new("Rainy-Harbour-42"));
    assert_eq!(
        passwords.check(&right).await.unwrap().status,
        PasswordStatus::Ok
    );

    let error = passwords.check(&wrong).await.unwrap_err();
    assert!(error.is_wrong_password(), "{error}");
    let remaining = error.failures_remaining().unwrap();
    for _ in 0..remaining {
        assert!(passwords.check(&wrong).await.is_err());
    }
    assert!(
        passwords
            .check(&right)
            .await
            .unwrap_err()
            .is_password_locked_out()
    );
    let state = passwords.state().await.unwrap();
    assert_eq!(state.status, PasswordStatus::PasswordLockedOut);
    assert!(
        state
            .seconds_until_unlock
            .is_some_and(|seconds| seconds > 0)
    );
    assert_eq!(passwords.unlock().await.unwrap().status, PasswordStatus::Ok);

    assert_eq!(
        passwords.force_change().await.unwrap().status,
        PasswordStatus::MustChangePassword
    );
    let new = Password::new("Windy-Harbour-43");
    assert_eq!(
        passwords.set(&new).await.unwrap().status,
        PasswordStatus::Ok
    );
    let newer = Password::new("Stormy-Harbour-44");
    let state = passwords.set_and_force_change(&newer).await.unwrap();
    assert_eq!(state.status, PasswordStatus::MustChangePassword);
    let error = passwords.set(&Password::new("short")).await.unwrap_err();
    assert!(
        error.unsatisfied_requirements().contains(&"length"),
        "{error}"
    );
    let policy = passwords
        .state_with_policy()
        .await
        .unwrap()
        .embedded
        .unwrap()
        .password_policy;
    assert!(policy.length.is_some());
}

#[tokio::test]
async fn a_forgotten_password_is_recovered_by_mail() {
    let embedded = Embedded::start().await;
    let ada = embedded.user("ada-3").await;
    let passwords = embedded.pingone.passwords(ada.id);
    let new = Password::new("Windy-Harbour-43");
    passwords.send_recovery_code().await.unwrap();
    let mail = embedded
        .system
        .mailbox()
        .newest("ada-3@example.com", 1)
        .await;
    let error = passwords
        .recover(&RecoveryCode::new("WRONGONE"), &new)
        .await
        .unwrap_err();
    assert!(error.is_recovery_code_wrong(), "{error}");
    let code = RecoveryCode::from_typed(&mail.code().to_lowercase());
    assert_eq!(
        passwords.recover(&code, &new).await.unwrap().status,
        PasswordStatus::Ok
    );
    assert!(passwords.check(&new).await.is_ok());
    assert!(
        passwords.recover(&code, &new).await.is_err(),
        "a code works once"
    );
}

#[tokio::test]
async fn too_many_wrong_codes_end_a_recovery() {
    let embedded = Embedded::start().await;
    let ada = embedded.user("ada-4").await;
    let passwords = embedded.pingone.passwords(ada.id);
    let new = Password::new("Windy-Harbour-43");
    passwords.send_recovery_code().await.unwrap();
    let mut last = None;
    for _ in 0..5 {
        last = passwords
            .recover(&RecoveryCode::new("WRONGONE"), &new)
            .await
            .err();
    }
    assert!(last.unwrap().is_recovery_code_exhausted());
}

#[tokio::test]
async fn a_mail_address_is_proven_with_a_code() {
    let embedded = Embedded::start().await;
    let ada = embedded.user("ada-5").await;
    let users = embedded.pingone.users();
    let waiting = users.send_verification_code(ada.id).await.unwrap();
    assert_eq!(
        waiting.lifecycle.unwrap().status,
        LifecycleStatus::VerificationRequired
    );
    let mail = embedded
        .system
        .mailbox()
        .newest("ada-5@example.com", 1)
        .await;
    let wrong = users
        .verify(ada.id, &VerificationCode::new("WRONGONE"))
        .await
        .unwrap_err();
    assert!(wrong.is_verification_code_wrong(), "{wrong}");
    let code = VerificationCode::from_typed(&mail.code());
    let proven = users.verify(ada.id, &code).await.unwrap();
    assert_eq!(proven.lifecycle.unwrap().status, LifecycleStatus::AccountOk);
}

#[tokio::test]
async fn the_environment_and_what_it_holds_can_be_read() {
    let embedded = Embedded::start().await;
    let pingone = &embedded.pingone;
    assert_eq!(
        pingone.environment().await.unwrap().id,
        pingone.environment_id()
    );
    let populations = pingone.populations().list().all().await.unwrap();
    let population = populations.first().unwrap();
    assert_eq!(
        pingone
            .populations()
            .load(population.id)
            .await
            .unwrap()
            .name,
        population.name
    );
    let policy = pingone.password_policies().load_default().await.unwrap();
    assert_eq!(policy.name, "Standard");
    let policies = pingone.password_policies().list().all().await.unwrap();
    assert!(policies.contains(&policy) && policies.len() > 1);
    assert_eq!(
        pingone
            .password_policies()
            .load(policy.id.unwrap())
            .await
            .unwrap()
            .lockout,
        policy.lockout
    );
    let roles = pingone.roles().list().all().await.unwrap();
    let operator = pingone
        .users()
        .find_by_username_or_email(&embedded.system.env().operator_username)
        .await
        .unwrap()
        .unwrap();
    let held = pingone
        .role_assignments(operator.id)
        .list()
        .all()
        .await
        .unwrap();
    assert!(!held.is_empty());
    assert!(
        held.iter()
            .all(|held| roles.iter().any(|role| role.id == held.role.id))
    );
}

#[tokio::test]
async fn secrets_are_read_and_replaced_but_not_the_workers_own() {
    let embedded = Embedded::start().await;
    let env = embedded.system.env();
    let applications = embedded.pingone.applications();
    let listed = applications.list().all().await.unwrap();
    assert!(
        listed
            .iter()
            .any(|application| application.application_type == "WORKER")
    );
    let portal = ApplicationId::parse(&env.client_id).unwrap();
    let loaded = applications.load(portal).await.unwrap();
    assert_eq!(
        (loaded.id, loaded.protocol.as_str(), loaded.enabled),
        (portal, "OPENID_CONNECT", true)
    );
    assert_eq!(
        applications.secret(portal).await.unwrap().secret.expose(),
        env.client_secret
    );
    let fresh = applications.rotate_secret(portal).await.unwrap();
    assert_ne!(fresh.secret.expose(), env.client_secret);
    let own = ApplicationId::parse(&env.worker_client_id).unwrap();
    assert!(applications.secret(own).await.unwrap_err().is_forbidden());
}

#[tokio::test]
async fn a_worker_with_a_wrong_secret_is_told_so() {
    let embedded = Embedded::start().await;
    let wrong = basic(&embedded.system.env().worker_client_id, "wrong-hush");
    let environment = embedded.pingone.environment_id();
    let transport = embedded.transport.clone();
    let client = Client::new(&embedded.endpoints, environment, wrong, transport);
    let error = client.environment().await.unwrap_err();
    assert!(
        error.is_unauthorized() && error.oauth().is_some(),
        "{error}"
    );
    assert!(
        error.correlation_id().is_some() && !error.to_string().contains("hush"),
        "{error}"
    );
}

#[tokio::test]
async fn a_user_signs_on_is_refreshed_and_signs_off() {
    let embedded = Embedded::start().await;
    let ada = embedded.user("ada-6").await;
    let client = embedded.application();
    let tokens = embedded
        .sign_on(&client, "openid profile email offline_access", "ada-6")
        .await;
    let claims = &tokens.identity.as_ref().unwrap().claims;
    let subject = claims.subject().to_owned();
    assert_eq!(subject, ada.id.to_string());

    let metadata = client.metadata().await.unwrap();
    assert_eq!(&metadata.issuer, client.issuer());
    let access_token = tokens.access_token.as_ref().unwrap();
    let info = client.userinfo(access_token, &subject).await.unwrap();
    assert_eq!(info.claims["email"], "ada-6@example.com");
    assert!(
        client
            .introspect(TokenRef::Access(access_token))
            .await
            .unwrap()
            .active
    );

    let first = OriginalIdToken {
        subject: &subject,
        auth_time: claims.claims().auth_time,
        nonce: claims.claims().nonce.as_deref(),
    };
    let refresh_token = tokens.refresh_token.as_ref().unwrap();
    let refreshed = client
        .refresh(refresh_token, &tokens.scopes, first)
        .await
        .unwrap();
    let newer = refreshed.refresh_token.as_ref().unwrap();
    assert_ne!(newer.expose(), refresh_token.expose());
    client.revoke(TokenRef::Refresh(newer)).await.unwrap();
    assert!(
        !client
            .introspect(TokenRef::Refresh(newer))
            .await
            .unwrap()
            .active
    );
    assert!(
        client
            .refresh(newer, &tokens.scopes, first)
            .await
            .unwrap_err()
            .is_invalid_grant()
    );

    let id_token = tokens.identity.unwrap().id_token;
    let end = EndSession::new().id_token_hint(id_token);
    let form = client.end_session_form(&end).await.unwrap().unwrap();
    let fields: Vec<_> = form.fields().collect();
    let browser = embedded.system.browser();
    let page = browser
        .request(Method::POST, form.action())
        .form(&fields)
        .send()
        .await;
    assert!(page.status.is_success(), "{}", page.status);
}

#[tokio::test]
async fn a_user_changes_the_own_password_and_nobody_elses() {
    let embedded = Embedded::start().await;
    let (ada, bob) = (embedded.user("ada-7").await, embedded.user("bob-7").await);
    let client = embedded.application();
    let scopes = "openid p1:read:userPassword p1:reset:userPassword";
    let tokens = embedded.sign_on(&client, scopes, "ada-7").await;
    let access_token = tokens.access_token.unwrap();
    let own = embedded.pingone.with_access_token(access_token.clone());
    // The same, without a worker beside it.
    let alone = Client::for_user(
        &embedded.endpoints,
        embedded.pingone.environment_id(),
        access_token,
        embedded.transport.clone(),
    );
    let state = alone.passwords(ada.id).state().await.unwrap();
    assert_eq!(state.status, PasswordStatus::Ok);

    assert_eq!(
        own.passwords(ada.id).state().await.unwrap().status,
        PasswordStatus::Ok
    );
    let (old, new) = (Password::new(PASSWORD), Password::new("Windy-Harbour-43"));
    let error = own.passwords(ada.id).reset(&new, &new).await.unwrap_err();
    assert!(error.is_wrong_current_password(), "{error}");
    assert!(
        own.passwords(bob.id)
            .reset(&old, &new)
            .await
            .unwrap_err()
            .is_forbidden()
    );
    assert!(own.users().load(bob.id).await.unwrap_err().is_forbidden());
    own.passwords(ada.id).reset(&old, &new).await.unwrap();
    embedded
        .pingone
        .passwords(ada.id)
        .check(&new)
        .await
        .unwrap();
}

#[tokio::test]
async fn an_application_gets_a_token_for_itself() {
    let embedded = Embedded::start().await;
    let env = embedded.system.env();
    let issuer = Issuer::parse(&env.issuer).unwrap();
    let worker = basic(&env.worker_client_id, &env.worker_client_secret);
    let client = auth::Client::new(issuer, worker, embedded.transport.clone());
    let tokens = client.client_credentials(&Scopes::default()).await.unwrap();
    assert!(tokens.identity.is_none() && tokens.refresh_token.is_none());
    let access_token = tokens.access_token.unwrap();
    let said = client.introspect(TokenRef::Access(&access_token)).await;
    assert_eq!(said.unwrap().claims["client_id"], env.worker_client_id);
    let acting = embedded.pingone.with_access_token(access_token);
    acting.environment().await.unwrap();
}

#[tokio::test]
async fn somebody_who_forgot_the_password_is_found_by_name_and_by_proven_address() {
    let embedded = Embedded::start().await;
    let users = embedded.pingone.users();
    let (mailbox, address) = (embedded.system.mailbox(), "shared@example.com");
    let mut proven = Vec::new();
    for name in ["ada-r", "bob-r"] {
        let user = NewUser::new(name, address).password(Password::new(PASSWORD));
        let user = users.create(&user).await.unwrap();
        embedded.system.advance(SignedDuration::from_secs(1));
        users.send_verification_code(user.id).await.unwrap();
        let mail = mailbox.newest(address, proven.len() + 1).await;
        let code = VerificationCode::from_typed(&mail.code());
        users.verify(user.id, &code).await.unwrap();
        proven.push(user.id);
    }
    let ids = async |text: &str| {
        let found = users.find_for_recovery(text).await.unwrap();
        let mut ids: Vec<_> = found.into_iter().map(|user| user.id).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids("ADA-R").await, [proven[0]]);
    let mut both = proven.clone();
    both.sort();
    assert_eq!(ids(address).await, both);
    assert!(ids("nobody@example.com").await.is_empty());
}

#[tokio::test]
async fn what_has_no_method_yet_can_be_sent_all_the_same() {
    let embedded = Embedded::start().await;
    let pingone = &embedded.pingone;
    let path = format!("v1/environments/{}/populations", pingone.environment_id());
    let body = serde_json::json!({"name": "Sailors"});
    let made: Population = pingone
        .send(Method::POST, &*path)
        .json(&body)
        .at_most_once()
        .fetch()
        .await
        .unwrap();
    assert_eq!(made.name, "Sailors");
    let found: serde_json::Value = pingone
        .send(Method::GET, &*path)
        .query("filter", r#"name eq "Sailors""#)
        .fetch()
        .await
        .unwrap();
    assert_eq!(
        found["_embedded"]["populations"][0]["id"],
        made.id.to_string()
    );
    let ada = embedded.user("ada-8").await;
    let path = format!(
        "v1/environments/{}/users/{}",
        pingone.environment_id(),
        ada.id
    );
    let lock = pingone.send(Method::POST, path);
    lock.media_type("application/vnd.pingidentity.account.lock+json")
        .run()
        .await
        .unwrap();
    let account = pingone.users().load(ada.id).await.unwrap().account.unwrap();
    assert_eq!(account.status, AccountStatus::Locked);
}

#[tokio::test]
async fn an_authority_that_nobody_named_is_not_trusted() {
    let embedded = Embedded::start().await;
    let client = embedded.client(Transport::new().unwrap());
    let error = client.environment().await.unwrap_err();
    assert!(
        error.to_string().contains("certificate is not trusted"),
        "{error}"
    );
}

#[tokio::test]
async fn whoever_is_told_of_too_many_requests_waits_and_goes_on() {
    let system = System::prepare()
        .without_portal()
        .set("idp.limits.api_requests_per_second", "3")
        .start()
        .await;
    let embedded = Embedded::on(system);
    // The environment's time is the test's: while it stands still, whoever does not wait is refused.
    let impatient = Transport::builder()
        .only_trust(embedded.system.authority())
        .retries(Retries::NONE)
        .build()
        .unwrap();
    let impatient = embedded.client(impatient);
    let populations = impatient.populations();
    let at_once = (0..8).map(|_| populations.list().all());
    let answers = futures_util::future::join_all(at_once).await;
    let refused = answers.iter().filter_map(|answer| answer.as_ref().err());
    let refused: Vec<_> = refused.collect();
    assert!(!refused.is_empty());
    assert!(
        refused.iter().all(|error| error.is_rate_limited()),
        "{refused:?}"
    );

    let populations = embedded.pingone.populations();
    // Three get through at a time, so that the last of them has a try to spare.
    let at_once = (0..6).map(|_| populations.list().all());
    let clock = async {
        // The client waits in the machine's time, so the environment's has to keep pace with it.
        loop {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            embedded.system.advance(SignedDuration::from_secs(1));
        }
    };
    let all = futures_util::future::join_all(at_once);
    let answers = tokio::select! {
        answers = all => answers,
        () = clock => unreachable!(),
    };
    for answer in answers {
        assert!(!answer.unwrap().is_empty());
    }
}
