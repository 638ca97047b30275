//! Importing the configuration files of the PingOne samples.

use std::fs;
use std::path::Path;

use latchkey::config::import::{Imported, import};
use latchkey::config::{Loaded, Sources};

fn fate<'a>(imported: &'a Imported, key: &str) -> &'a str {
    &imported
        .fates
        .iter()
        .find(|fate| fate.key == key)
        .unwrap()
        .what
}

fn table(imported: &Imported) -> toml::Table {
    toml::from_str(&imported.toml).unwrap()
}

#[test]
fn the_authentication_samples_file_becomes_a_sign_on() {
    let imported = import(
        "# comment\nDEBUG = True\nENV = 'development'\nWTF_CSRF_ENABLED = True\n\
         SECRET_KEY = os.urandom(24)\n\
         AUTH_URL = 'https://auth.example.com/'\nAPI_URL = 'https://api.example.com/v1/'\n\
         ENVIRONMENT_ID = '7e5e1b7c-3c5a-4e0b-9a52-2f0f0f3f7a11'\n\
         CLIENT_ID = 'me'\nCLIENT_SECRET = \"s'ecret\"\nOAUTH_REDIRECT_PATH = '/cb'\n\
         SCOPE = 'openid email p1:read:userPassword'\nMAX_AGE = 3600\nPROMPT = 'login'\n\
         GRANT_TYPE = 'implicit'\nRESPONSE_TYPE = 'token id_token'\n\
         TOKEN_AUTH_METHOD = 'client_secret_post'\nLOGOUT_URI = 'https://www.example.com/bye'\n",
    )
    .unwrap();
    assert_eq!(imported.fates.len(), 17);
    let loaded = Loaded::read(&Sources {
        inline: Some(imported.toml.clone()),
        ..Sources::default()
    });
    let settings = loaded.settings().unwrap();
    let sign_on = settings.portal.settings.sign_on;
    let provider = sign_on.provider.unwrap();
    assert_eq!(
        provider.issuer.as_str(),
        "https://auth.example.com/7e5e1b7c-3c5a-4e0b-9a52-2f0f0f3f7a11/as"
    );
    assert_eq!(provider.client_id, "me");
    assert_eq!(sign_on.redirect_path, "/cb");
    assert_eq!(sign_on.scopes.to_string().split(' ').count(), 3);
    assert_eq!(sign_on.max_age_seconds, Some(3600));
    assert_eq!(sign_on.prompt.unwrap(), "login");
    assert_eq!(sign_on.response_type.to_string(), "token id_token");
    assert_eq!(
        sign_on.post_sign_off_url.unwrap().as_str(),
        "https://www.example.com/bye"
    );
    let table = table(&imported);
    assert_eq!(table["mode"].as_str(), Some("development"));
    assert_eq!(
        table["portal"]["sign_on"]["client_secret"].as_str(),
        Some("s'ecret")
    );
    assert!(fate(&imported, "SECRET_KEY").contains("keyring_file"));
    assert!(fate(&imported, "WTF_CSRF_ENABLED").contains("always protected"));
}

#[test]
fn the_registration_samples_file_becomes_a_worker() {
    let imported = import(
        "DEBUG = True\nWTF_CSRF_ENABLED = False\nAUTH_URL = 'https://auth.example.com/'\n\
         API_URL = 'https://api.example.com/v1/'\n\
         ENVIRONMENT_ID = '7e5e1b7c-3c5a-4e0b-9a52-2f0f0f3f7a11'\nCLIENT_ID = 'worker'\n\
         CLIENT_SECRET = 'hush'\nOAUTH_REDIRECT_PATH = '</callback>'\n\
         GRANT_TYPE = 'client_credentials'\n# TOKEN_AUTH_METHOD='client_secret_post'\n",
    )
    .unwrap();
    let table = table(&imported);
    let pingone = &table["portal"]["pingone"];
    assert_eq!(pingone["worker_client_id"].as_str(), Some("worker"));
    assert_eq!(pingone["worker_client_secret"].as_str(), Some("hush"));
    assert!(table["portal"].get("sign_on").is_none());
    assert_eq!(table["mode"].as_str(), Some("development"));
    assert!(fate(&imported, "WTF_CSRF_ENABLED").contains("cannot be turned off"));
    assert!(fate(&imported, "OAUTH_REDIRECT_PATH").contains("not needed"));
    let loaded = Loaded::read(&Sources {
        inline: Some(imported.toml.clone()),
        ..Sources::default()
    });
    assert_eq!(loaded.problems(), []);
}

#[test]
fn placeholders_stay_to_be_filled_in_and_unknown_keys_are_named() {
    let imported = import(
        "ENVIRONMENT_ID = '<environment_id>'\nCLIENT_ID = '<client_id>'\n\
         OAUTH_REDIRECT_PATH = '</callback>'\nSCOPE = 'openid'\nCLIENT_SECRETS = 'x'\nFOO = 1\n\
         PROMPT = 3\nLOGOUT_URI = None\n",
    )
    .unwrap();
    assert!(
        imported.toml.contains("# environment_id = "),
        "{}",
        imported.toml
    );
    assert!(imported.toml.contains("# issuer = "), "{}", imported.toml);
    assert!(
        imported.toml.contains("redirect_path = \"/callback\""),
        "{}",
        imported.toml
    );
    assert!(fate(&imported, "CLIENT_ID").contains("placeholder"));
    assert!(fate(&imported, "CLIENT_SECRETS").contains("did you mean CLIENT_SECRET?"));
    assert_eq!(fate(&imported, "FOO"), "unknown and left out");
    assert!(fate(&imported, "PROMPT").contains("a number is not what this key takes"));
    assert!(fate(&imported, "LOGOUT_URI").contains("None"));
}

#[test]
fn what_is_no_configuration_is_refused_with_its_line() {
    let error = import("A = 1\nimport os\n").unwrap_err().to_string();
    assert!(error.contains("line 2"), "{error}");
}

/// The inputs that are kept for the fuzz target `config_cfg`, and every beginning of one.
#[test]
fn whatever_a_file_says_what_comes_out_is_toml() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/config_cfg");
    let mut read = 0;
    for file in fs::read_dir(corpus).unwrap() {
        let input = fs::read(file.unwrap().path()).unwrap();
        for end in 0..=input.len() {
            let text = std::str::from_utf8(&input[..end]);
            if let Some(imported) = text.ok().and_then(|text| import(text).ok()) {
                table(&imported);
                read += 1;
            }
        }
    }
    assert!(read >= 10, "{read} were read");
}
