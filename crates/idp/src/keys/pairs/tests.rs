use aws_lc_rs::signature::{
    ECDSA_P256_SHA384_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P521_SHA512_ASN1,
    RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey, VerificationAlgorithm,
};

use super::certificates::decimal;
use super::identities::{DEEPEST, iterations};
use super::*;

fn wanted(signature: SignatureAlgorithm) -> CertificateContents<'static> {
    CertificateContents {
        subject: r"CN=Jo\, the first, O=Example, L=, C=GB",
        issuer: "CN=Authority, C=GB",
        serial: 1_662_023_413_215,
        starts_at: "2026-01-01T00:00:00Z".parse().unwrap(),
        expires_at: "2051-01-01T00:00:00Z".parse().unwrap(),
        signature,
        revocation_list: Some("http://example.com/list.crl"),
    }
}

/// Each hash beside each curve: shorter ones, longer ones and those of its own length.
#[test]
fn certificates_are_signed_as_they_say() {
    let cases: [(
        Algorithm,
        u32,
        SignatureAlgorithm,
        &'static dyn VerificationAlgorithm,
    ); 4] = [
        (
            Algorithm::Ec,
            256,
            SignatureAlgorithm::EcdsaSha384,
            &ECDSA_P256_SHA384_ASN1,
        ),
        (
            Algorithm::Ec,
            384,
            SignatureAlgorithm::EcdsaSha256,
            &ECDSA_P384_SHA256_ASN1,
        ),
        (
            Algorithm::Ec,
            521,
            SignatureAlgorithm::EcdsaSha512,
            &ECDSA_P521_SHA512_ASN1,
        ),
        (
            Algorithm::Rsa,
            2048,
            SignatureAlgorithm::RsaSha512,
            &RSA_PKCS1_2048_8192_SHA512,
        ),
    ];
    for (algorithm, length, signature, verification) in cases {
        let pair = Pair::generate(algorithm, length).unwrap();
        let der = pair.certify(&wanted(signature)).unwrap();
        let certificate = read(&der).unwrap();
        let message = certificate.tbs_certificate.to_der().unwrap();
        let key = certificate.tbs_certificate.subject_public_key_info;
        UnparsedPublicKey::new(verification, key.subject_public_key.raw_bytes())
            .verify(&message, certificate.signature.raw_bytes())
            .unwrap();
        let facts = Facts::of(&der).unwrap();
        assert_eq!((facts.algorithm, facts.key_length), (algorithm, length));
        assert_eq!(
            (facts.signature, facts.serial.as_str()),
            (signature, "1662023413215")
        );
        assert_eq!(facts.expires_at, wanted(signature).expires_at);
        assert_eq!(Facts::part(&facts.issuer, "CN"), Some("Authority"));
        assert!(pair.fits(&der).unwrap());
    }
}

#[test]
fn a_key_goes_through_pkcs12_and_opens_with_its_password_alone() {
    let pair = Pair::generate(Algorithm::Ec, 256).unwrap();
    let chain = vec![
        pair.certify(&wanted(SignatureAlgorithm::EcdsaSha256))
            .unwrap(),
    ];
    let pkcs8 = pair.pkcs8().to_vec();
    let identity = Identity::new(pair, chain.clone()).unwrap();
    let file = identity.to_pkcs12("Jo", "correct horse").unwrap();
    let read = Identity::read(&file, "correct horse").unwrap();
    assert_eq!(read.chain, chain);
    assert!(read.pair.fits(&chain[0]).unwrap());
    assert_eq!(Pair::from_pkcs8(&pkcs8).unwrap().pkcs8(), pkcs8);
    assert_eq!(
        Identity::read(&file, "wrong").unwrap_err(),
        PairError::Unreadable
    );
}

#[test]
fn a_file_that_wants_too_much_work_is_refused_before_it_is_done() {
    let pair = Pair::generate(Algorithm::Ec, 256).unwrap();
    let wanted = wanted(SignatureAlgorithm::EcdsaSha256);
    let chain = vec![pair.certify(&wanted).unwrap()];
    let identity = Identity::new(pair, chain).unwrap();
    let file = identity.to_pkcs12("Jo", "correct horse").unwrap();
    // Its writer has three parts of 10,000: certificates, key, and the code over both.
    assert_eq!(iterations(&file, DEEPEST), 30_000);
    let huge = [
        0x30, 0x0a, 0x04, 0x01, 0x73, 0x02, 0x05, 0x00, 0xff, 0xff, 0xff, 0xff,
    ];
    let nested: Vec<u8> = [&[0x04, 0x0c][..], &huge].concat();
    for file in [&huge[..], &nested] {
        let refused = Identity::read(file, "").unwrap_err();
        assert_eq!(refused, PairError::TooManyIterations);
    }
}

#[test]
fn certificates_go_through_pkcs7_and_pem() {
    let pair = Pair::generate(Algorithm::Ec, 384).unwrap();
    let chain = vec![
        pair.certify(&wanted(SignatureAlgorithm::EcdsaSha384))
            .unwrap(),
    ];
    assert_eq!(certificates(&to_pkcs7(&chain).unwrap()).unwrap(), chain);
    assert_eq!(
        certificates(to_pem(&chain).unwrap().as_bytes()).unwrap(),
        chain
    );
    assert_eq!(certificates(&chain[0]).unwrap(), chain);
    assert_eq!(
        certificates(b"nonsense").unwrap_err(),
        PairError::Unreadable
    );
}

#[test]
fn serial_numbers_of_any_length_are_written_in_decimal() {
    assert_eq!(decimal(&[0]), "0");
    assert_eq!(decimal(&[1, 0]), "256");
    assert_eq!(decimal(&[0xff; 16]), u128::MAX.to_string());
}

#[test]
fn what_is_no_distinguished_name_is_none() {
    for text in ["", "Jo", "CN", "=x"] {
        assert!(!is_name(text), "{text}");
    }
    assert!(is_name("CN=Jo, L=, C=GB"));
}
