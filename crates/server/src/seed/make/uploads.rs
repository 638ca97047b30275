//! What is not sent as a body: images and certificates, and the texts of pages.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use idp::inside::Call;
use pingone::Method;
use serde_json::{Map, Value, json};

use super::Making;
use crate::seed::file::SeedError;
use crate::seed::plan::Planned;
use crate::seed::tree::id_of;

/// Stands between the parts of a form.
const BOUNDARY: &str = "part-of-a-seed";

impl Making<'_> {
    pub(super) async fn image(
        &mut self,
        planned: &Planned<'_>,
        path: &str,
    ) -> Result<(), SeedError> {
        let wrong = |this: &Self| {
            let what = "data: is a PNG, GIF or JPEG image in base64";
            this.error(planned, what.to_owned())
        };
        let data = self.own_text(planned, "data")?.ok_or_else(|| wrong(self))?;
        let content = STANDARD.decode(data).map_err(|_| wrong(self))?;
        let address = format!("/v1/{path}");
        let mut call = Call::new(Method::POST, &address);
        call.media_type = match content.as_slice() {
            [0x89, b'P', b'N', b'G', ..] => "image/png",
            [b'G', b'I', b'F', ..] => "image/gif",
            _ => "image/jpeg",
        };
        call.body = content.into();
        call.given = self.given(planned)?;
        let answer = self.send(planned, call).await?;
        let href = answer
            .pointer("/targets/original/href")
            .and_then(Value::as_str);
        if let Some(href) = href {
            self.images.insert(planned.id, href.to_owned());
        }
        Ok(())
    }

    pub(super) async fn certificate(
        &mut self,
        place: usize,
        planned: &Planned<'_>,
        path: &str,
        body: &Map<String, Value>,
    ) -> Result<(), SeedError> {
        let Some(pem) = self.own_text(planned, "pem")? else {
            let what = "pem: is missing: the certificate, with its chain if it has one";
            return Err(self.error(planned, what.to_owned()));
        };
        let usage = body
            .get("usageType")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if [pem, usage].iter().any(|text| text.contains(BOUNDARY)) {
            return Err(self.error(planned, "pem: is no certificate".to_owned()));
        }
        let form = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"usageType\"\r\n\r\n{usage}\r\n\
             --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"file\"\r\n\
             Content-Type: application/x-pem-file\r\n\r\n{pem}\r\n--{BOUNDARY}--\r\n"
        );
        let (address, media_type) = (
            format!("/v1/{path}"),
            format!("multipart/form-data; boundary={BOUNDARY}"),
        );
        let mut call = Call::new(Method::POST, &address);
        call.media_type = &media_type;
        call.body = form.into();
        call.given = self.given(planned)?;
        let answer = self.send(planned, call).await?;
        if let Some(id) = answer.get("id").and_then(Value::as_str).and_then(id_of)
            && let Some(actual) = self.actual.get_mut(place)
        {
            *actual = id;
        }
        Ok(())
    }

    pub(super) async fn texts(
        &self,
        planned: &Planned<'_>,
        path: &str,
        texts: Map<String, Value>,
    ) -> Result<(), SeedError> {
        // A dotted key of TOML is a section: flow-ui.button.cancel is three deep.
        let mut flat = Vec::new();
        for (key, value) in texts {
            flatten(key, value, &mut flat);
        }
        let list = flat
            .into_iter()
            .map(|(key, value)| json!({"key": key, "translatedText": value}));
        let address = format!("/v1/{path}");
        let call = Call::new(Method::PUT, &address).json(&list.collect());
        self.send(planned, call).await.map(drop)
    }
}

fn flatten(key: String, value: Value, flat: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                flatten(format!("{key}.{name}"), value, flat);
            }
        }
        value => flat.push((key, value)),
    }
}
