//! The threats of [RFC 9700](https://www.rfc-editor.org/rfc/rfc9700), Best Current Practice for
//! OAuth 2.0 Security: where each is met, and the test that fails when it no longer is.
//!
//! The numbers are those of the RFC's sections. Tests of the other side, the client's, stand in the
//! crates `pingone`, `pingone-axum` and `portal`. A test of the repository checks that every test
//! named here exists. `docs/security-classes.md` goes through the vulnerabilities of comparable
//! products in the same way.
//!
//! # 4.1 Insufficient redirect URI validation
//!
//! The redirect URI is compared by character with the registered ones, before anything is sent to
//! it; until then an error is a page. What is registered has no wildcard and no fragment. It is
//! compared again when the response is made, because it may have been taken away meanwhile.
//!
//! - `nothing_but_the_registered_redirect_uri_is_ever_redirected_to`
//! - `before_the_address_is_proven_an_error_is_a_page`
//! - `redirect_uris_are_checked_when_they_are_set`
//!
//! # 4.2 Credentials leak by `Referer`
//!
//! Redirects and pages say `no-referrer`, and pages load nothing from another host.
//!
//! - `no_answer_to_a_password_is_a_redirect_that_repeats_the_post`
//! - `a_page_carries_every_security_header`
//! - `no_file_loads_anything_from_another_host`
//!
//! # 4.3 Credentials leak by the browser's history
//!
//! Tokens never travel in a query: a `response_mode` that would do it is refused, and userinfo takes
//! no token from its address. A code in the history is used up.
//!
//! - `errors_travel_as_the_response_would_have`
//! - `userinfo_takes_the_token_by_one_way_only`
//! - `a_code_used_twice_revokes_what_it_bought`
//!
//! # 4.4 Mix-up
//!
//! Every response names its issuer ([RFC 9207](https://www.rfc-editor.org/rfc/rfc9207)), and the
//! client refuses a foreign one.
//!
//! - `oidcc_server_of_every_response_type`
//! - `a_foreign_issuer_is_refused_whether_announced_or_not`
//!
//! # 4.5 Authorization code injection
//!
//! A code is good for one application, one redirect URI and one verifier, once, for a minute.
//!
//! - `only_the_exact_triple_of_application_address_and_verifier_redeems`
//! - `every_code_is_its_own_applications_alone`
//! - `a_code_ends_after_a_minute`
//! - `of_a_hundred_requests_with_one_code_one_wins_on_sqlite`
//! - `of_a_hundred_requests_with_one_code_one_wins_on_postgresql`
//! - `a_code_that_was_slipped_in_is_not_sent`
//!
//! # 4.6 Access token injection
//!
//! An access token from the browser is believed together with an ID token that holds its hash.
//!
//! - `tokens_from_the_browser_are_bound_to_their_id_token`
//! - `missing_athash_is_refused_where_the_browser_brought_the_access_token`
//!
//! # 4.7 Cross-site request forgery
//!
//! At the client, `state` is bound to the browser that began and serves once. Here, other sites can
//! post to the authorization endpoint and to sign-off, as they must; to no page behind them. Without
//! a good hint, sign-off asks first. The way back is open to the browser that signed on.
//!
//! - `an_answer_serves_once_and_only_the_browser_that_began`
//! - `another_site_cannot_post_to_a_page`
//! - `another_persons_hint_asks_first`
//! - `the_way_back_is_open_once_and_to_the_browser_that_signed_on`
//! - `whoever_sends_a_link_to_a_sign_on_page_gets_nothing_of_the_sign_on`
//!
//! # 4.8 PKCE downgrade
//!
//! Applications demand PKCE, and S256, by their setting; a verifier for a code without a challenge
//! is refused, since somebody has taken the challenge out.
//!
//! - `pkce_cannot_be_taken_away_or_weakened`
//!
//! # 4.9 and 4.10 Access tokens leak at a resource, and are misused
//!
//! An access token is for one resource, ends after an hour, and is worthless as soon as its grant is
//! revoked or its user or application disabled. Tokens are not bound to a sender yet: there is
//! neither `DPoP` nor mutual TLS.
//!
//! - `scopes_are_granted_per_resource`
//! - `an_access_token_ends_after_its_hour`
//! - `a_revoked_grant_takes_its_tokens_along`
//! - `a_disabled_user_or_application_ends_every_token_at_once`
//! - `a_token_that_was_revoked_while_its_user_was_disabled_stays_revoked`
//!
//! # 4.11 Open redirection
//!
//! The environment redirects to registered addresses alone, after sign-off too; the client to paths
//! of its own site.
//!
//! - `nothing_but_the_registered_redirect_uri_is_ever_redirected_to`
//! - `oidcc_rp_initiated_logout_bad_post_logout_redirect_uri`
//! - `no_payload_of_the_open_redirect_list_leaves_the_site`
//!
//! # 4.12 A redirect that repeats the post
//!
//! A password is answered with 303, which a browser follows with GET.
//!
//! - `no_answer_to_a_password_is_a_redirect_that_repeats_the_post`
//!
//! # 4.13 Proxies that end TLS
//!
//! Headers of proxies are believed of declared proxies, and taken away before anything else sees
//! them.
//!
//! - `only_declared_proxies_are_believed`
//! - `only_a_proxy_says_who_asks_and_under_which_id`
//! - `outsiders_are_refused_where_only_proxies_may_connect`
//!
//! # 4.14 Refresh tokens
//!
//! Each use replaces a refresh token; the use of a superseded one revokes the grant. They are bound
//! to their application and to scopes that only shrink, and end by two durations. A changed,
//! recovered or administratively set password revokes what other sessions hold. A sign-off does
//! not: an application revokes its own at its sign-off, as `pingone-axum` does.
//!
//! - `each_use_gives_a_new_token_and_new_tokens`
//! - `a_superseded_token_revokes_its_family`
//! - `a_refresh_token_in_anothers_hands_is_unknown_and_stays_good`
//! - `a_refresh_may_ask_for_less_and_not_for_more`
//! - `a_chain_ends_with_its_token_and_with_its_rolling_duration`
//! - `a_password_set_by_somebody_else_ends_every_chain`
//! - `a_hundred_parallel_refreshes_continue_one_family_on_sqlite`
//! - `a_hundred_parallel_refreshes_continue_one_family_on_postgresql`
//!
//! # 4.15 A client that passes for a user
//!
//! An application's own token has no `sub`, and ids of applications are given here, not chosen.
//!
//! - `an_applications_own_token_is_no_users`
//! - `a_worker_gets_a_token_without_scope_or_user`
//!
//! # 4.16 Clickjacking
//!
//! No page can be framed; the preview of a mail by this site alone, and it can do nothing.
//!
//! - `a_page_carries_every_security_header`
//! - `the_sign_on_page_has_stable_fields_and_may_lead_to_the_application`
//! - `a_mail_can_be_framed_by_this_site_and_can_do_nothing`
//!
//! # 4.17 Communication inside the browser
//!
//! Responses travel by redirect and by posted form; there is no response mode by `postMessage`.
//!
//! - `after_the_address_is_proven_the_client_is_told`
