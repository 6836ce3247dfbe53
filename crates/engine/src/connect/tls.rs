//! Encryption as `sslmode` asks for it
//! (<https://www.postgresql.org/docs/current/libpq-ssl.html>).

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::params::{ConnParams, SslMode};

/// How closely the server's certificate is looked at.
#[derive(Debug)]
enum Check {
    /// Not at all.
    Nothing,
    /// It must come from a trusted authority, for whatever host.
    Authority(Arc<WebPkiServerVerifier>),
    /// It must also be this host's.
    Host(Arc<WebPkiServerVerifier>),
}

#[derive(Debug)]
struct Verifier {
    check: Check,
    provider: Arc<CryptoProvider>,
}

/// Builds the encryption for these parameters.
///
/// # Errors
/// A sentence about a certificate that cannot be read.
pub fn connector(params: &ConnParams) -> Result<MakeRustlsConnect, String> {
    let provider = Arc::new(ring::default_provider());
    let verifier = Arc::new(Verifier { check: check(params, &provider)?, provider: provider.clone() });
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let config = match &params.ssl_client {
        None => builder.with_no_client_auth(),
        Some((cert, key)) => {
            let bad = |what: &std::path::Path, e: String| format!("{} cannot be used: {e}", what.display());
            let chain: Vec<_> = CertificateDer::pem_file_iter(cert)
                .and_then(Iterator::collect)
                .map_err(|e| bad(cert, e.to_string()))?;
            let private = PrivateKeyDer::from_pem_file(key).map_err(|e| bad(key, e.to_string()))?;
            builder.with_client_auth_cert(chain, private).map_err(|e| bad(cert, e.to_string()))?
        }
    };
    Ok(MakeRustlsConnect::new(config))
}

/// `require` with a root certificate at hand checks the authority, as libpq does.
fn check(params: &ConnParams, provider: &Arc<CryptoProvider>) -> Result<Check, String> {
    let roots = || -> Result<Arc<WebPkiServerVerifier>, String> {
        let store = Arc::new(roots(params.ssl_root_cert.as_deref())?);
        WebPkiServerVerifier::builder_with_provider(store, provider.clone())
            .build()
            .map_err(|e| e.to_string())
    };
    match params.ssl_mode {
        SslMode::Disable | SslMode::Allow | SslMode::Prefer => Ok(Check::Nothing),
        SslMode::Require if params.ssl_root_cert.is_none() => Ok(Check::Nothing),
        SslMode::Require if params.ssl_root_cert.as_deref() != Some("system") => {
            Ok(Check::Authority(roots()?))
        }
        SslMode::VerifyCa => Ok(Check::Authority(roots()?)),
        SslMode::Require | SslMode::VerifyFull => Ok(Check::Host(roots()?)),
    }
}

/// The trusted authorities: a file, or the system's own.
fn roots(file: Option<&str>) -> Result<RootCertStore, String> {
    let mut store = RootCertStore::empty();
    let file = match file {
        None => return Err("there is no root certificate: set sslrootcert to a file or to \"system\"".into()),
        Some("system") => {
            let found = rustls_native_certs::load_native_certs();
            store.add_parsable_certificates(found.certs);
            return Ok(store);
        }
        Some(file) => file,
    };
    let bad = |e: String| format!("the root certificate {file} cannot be used: {e}");
    for certificate in CertificateDer::pem_file_iter(file).map_err(|e| bad(e.to_string()))? {
        store.add(certificate.map_err(|e| bad(e.to_string()))?).map_err(|e| bad(e.to_string()))?;
    }
    if store.is_empty() { Err(bad("it holds no certificate".into())) } else { Ok(store) }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let (inner, host_matters) = match &self.check {
            Check::Nothing => return Ok(ServerCertVerified::assertion()),
            Check::Authority(inner) => (inner, false),
            Check::Host(inner) => (inner, true),
        };
        match inner.verify_server_cert(end_entity, intermediates, server_name, ocsp, now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !host_matters => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
