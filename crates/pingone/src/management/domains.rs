//! Names of an environment's own: of its pages, and of the senders of its mails (PingOne, "Custom
//! domains", "Trusted email domains", "Trusted email addresses").

use http::Method;
use protocol::id::{CustomDomainId, EmailDomainId, TrustedEmailId};
use protocol::pingone::{CustomDomain, DnsRecords, EmailDomain, Object, TrustedEmail, media_type};
use protocol::secret::PrivateKeyPem;
use serde::Serialize;

use super::{Client, Collection};
use crate::Error;

impl Client {
    /// Other names for the environment's pages.
    ///
    /// ```no_run
    /// # use pingone::{CustomDomain, Error, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let domains = pingone.custom_domains();
    /// let domain = domains.create(&CustomDomain::new("auth.example.com")).await?;
    /// println!("CNAME {:?}", domain.settings.canonical_name);
    /// # Ok(())
    /// # }
    /// ```
    pub fn custom_domains(&self) -> Collection<'_, Object<CustomDomainId, CustomDomain>> {
        self.collection()
    }

    /// Domains that mails may come from.
    ///
    /// ```no_run
    /// # use pingone::{EmailDomain, Error, TrustedEmail, management};
    /// # async fn example(pingone: management::Client) -> Result<(), Error> {
    /// let domain = EmailDomain::new("example.com");
    /// let domain = pingone.email_domains().create(&domain).await?;
    /// let sender = TrustedEmail::new("harbour@example.com");
    /// pingone.trusted_emails(domain.id).create(&sender).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn email_domains(&self) -> Collection<'_, Object<EmailDomainId, EmailDomain>> {
        self.collection()
    }

    /// Addresses of a domain that mails may come from.
    ///
    /// ```no_run
    /// # use pingone::{EmailDomainId, Error, management};
    /// # async fn example(pingone: management::Client, domain: EmailDomainId) -> Result<(), Error> {
    /// for sender in pingone.trusted_emails(domain).list().all().await? {
    ///     println!("{} {:?}", sender.settings.email_address, sender.settings.status);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn trusted_emails(
        &self,
        domain: EmailDomainId,
    ) -> Collection<'_, Object<TrustedEmailId, TrustedEmail>> {
        Collection::below(self, format_args!("emailDomains/{domain}"))
    }
}

/// A certificate as it is given to the service.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Import<'a> {
    certificate: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    intermediate_certificates: Option<&'a str>,
    private_key: &'a str,
}

impl Collection<'_, Object<CustomDomainId, CustomDomain>> {
    /// Lets the service look in the DNS whether the name is the environment's.
    ///
    /// # Errors
    ///
    /// [`Error::problem_with`]`("domainName")` when it does not find what it looks for, or when the
    /// name is proven already.
    ///
    /// ```no_run
    /// # use pingone::{CustomDomainId, DomainStatus, Error, management};
    /// # async fn example(pingone: management::Client, domain: CustomDomainId) -> Result<(), Error> {
    /// let proven = pingone.custom_domains().verify(domain).await?;
    /// assert_eq!(proven.settings.status, Some(DomainStatus::SslCertificateRequired));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn verify(
        &self,
        domain: CustomDomainId,
    ) -> Result<Object<CustomDomainId, CustomDomain>, Error> {
        self.client
            .send(Method::POST, self.path_of(&domain))
            .media_type(media_type::DOMAIN_NAME_VERIFY)
            .fetch()
            .await
    }

    /// Gives a proven name its certificate, in PEM, with the certificates between it and its root.
    ///
    /// # Errors
    ///
    /// [`Error::problem_with`] names `certificate`, `privateKey`, or `status` when the name is not
    /// proven.
    ///
    /// ```no_run
    /// # use pingone::{CustomDomainId, Error, PrivateKeyPem, management};
    /// # async fn example(pingone: management::Client, domain: CustomDomainId, own: &str, issuers: &str, key: PrivateKeyPem) -> Result<(), Error> {
    /// let domains = pingone.custom_domains();
    /// domains.import_certificate(domain, own, Some(issuers), &key).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn import_certificate(
        &self,
        domain: CustomDomainId,
        certificate: &str,
        intermediate_certificates: Option<&str>,
        private_key: &PrivateKeyPem,
    ) -> Result<Object<CustomDomainId, CustomDomain>, Error> {
        let import = Import {
            certificate,
            intermediate_certificates,
            private_key: private_key.expose(),
        };
        self.client
            .send(Method::POST, self.path_of(&domain))
            .media_type(media_type::CERTIFICATE_IMPORT)
            .json(&import)
            .fetch()
            .await
    }
}

impl Collection<'_, Object<EmailDomainId, EmailDomain>> {
    /// What proves in the DNS that the domain is the environment's, and whether it was found.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such domain.
    ///
    /// ```no_run
    /// # use pingone::{EmailDomainId, Error, management};
    /// # async fn example(pingone: management::Client, domain: EmailDomainId) -> Result<(), Error> {
    /// let proof = pingone.email_domains().ownership(domain).await?;
    /// for record in proof.environment_dns_record.iter().chain(&proof.regions) {
    ///     println!("{:?} {} {:?}", record.key, proof.record_type, record.value);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn ownership(&self, domain: EmailDomainId) -> Result<DnsRecords, Error> {
        self.records(domain, "ownership").await
    }

    /// The keys by which receivers check the signature of mails (RFC 6376).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such domain.
    ///
    /// ```no_run
    /// # use pingone::{EmailDomainId, Error, management};
    /// # async fn example(pingone: management::Client, domain: EmailDomainId) -> Result<(), Error> {
    /// for region in pingone.email_domains().dkim(domain).await?.regions {
    ///     println!("{:?}: {} records", region.name, region.tokens.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn dkim(&self, domain: EmailDomainId) -> Result<DnsRecords, Error> {
        self.records(domain, "dkim").await
    }

    /// Who may send mails in the domain's name (RFC 7208).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such domain.
    ///
    /// ```no_run
    /// # use pingone::{EmailDomainId, Error, management};
    /// # async fn example(pingone: management::Client, domain: EmailDomainId) -> Result<(), Error> {
    /// println!("{:?}", pingone.email_domains().spf(domain).await?.record.value);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn spf(&self, domain: EmailDomainId) -> Result<DnsRecords, Error> {
        self.records(domain, "spf").await
    }

    async fn records(&self, domain: EmailDomainId, which: &str) -> Result<DnsRecords, Error> {
        self.client
            .send(Method::GET, self.path_below(&domain, which))
            .fetch()
            .await
    }
}

impl Collection<'_, Object<TrustedEmailId, TrustedEmail>> {
    /// Mails a code to the address, with which it is proven.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such address.
    ///
    /// ```no_run
    /// # use pingone::{EmailDomainId, Error, TrustedEmailId, management};
    /// # async fn example(pingone: management::Client, domain: EmailDomainId, sender: TrustedEmailId) -> Result<(), Error> {
    /// pingone.trusted_emails(domain).send_verification_code(sender).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_verification_code(
        &self,
        address: TrustedEmailId,
    ) -> Result<Object<TrustedEmailId, TrustedEmail>, Error> {
        self.client
            .send(Method::POST, self.path_of(&address))
            .media_type(media_type::TRUSTED_EMAIL_SEND_VERIFICATION_CODE)
            .fetch()
            .await
    }
}
