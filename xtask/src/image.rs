//! The container image, written without a container engine.
//!
//! The form is docker-archive: a tar of a configuration, one uncompressed
//! layer and `manifest.json`. RouterOS 7.20 refuses compressed layers, and
//! older versions refuse the OCI layout, so this is the form that every
//! version takes. Times, owners and order are fixed: the same binary gives the
//! same bytes.

use std::io::Write;

use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};

use crate::Result;
use crate::targets::Target;

/// UDP port of the daemon inside the container, as `EXPOSE` would state it.
const PORT: &str = "5140/udp";

/// Returns the image of a binary as the bytes of a docker-archive tar.
pub(crate) fn docker_archive(target: &Target, version: &str, binary: &[u8]) -> Result<Vec<u8>> {
    let layer = archive(&[("alertik", 0o755, binary)])?;
    let layer_digest = hex_digest(&layer);
    let config = config(target, version, &layer_digest);
    let config_name = format!("{}.json", hex_digest(config.as_bytes()));
    let layer_name = format!("{layer_digest}/layer.tar");
    let manifest = format!(
        "[{{\"Config\":\"{config_name}\",\"RepoTags\":[\"alertik:{version}\"],\
         \"Layers\":[\"{layer_name}\"]}}]\n"
    );
    archive(&[
        (&config_name, 0o644, config.as_bytes()),
        (&layer_name, 0o644, &layer),
        ("manifest.json", 0o644, manifest.as_bytes()),
    ])
}

/// Words the image configuration (OCI image specification, `config.md`).
fn config(target: &Target, version: &str, layer_digest: &str) -> String {
    let (architecture, variant) = target.platform;
    let variant = variant.map_or_else(String::new, |variant| format!("\"variant\":\"{variant}\","));
    format!(
        "{{\"architecture\":\"{architecture}\",{variant}\"os\":\"linux\",\
         \"created\":\"1970-01-01T00:00:00Z\",\
         \"config\":{{\"Entrypoint\":[\"/alertik\"],\"ExposedPorts\":{{\"{PORT}\":{{}}}},\
         \"StopSignal\":\"SIGTERM\",\"WorkingDir\":\"/\",\
         \"Labels\":{{\"org.opencontainers.image.title\":\"alertik\",\
         \"org.opencontainers.image.version\":\"{version}\",\
         \"org.opencontainers.image.licenses\":\"Unlicense\"}}}},\
         \"rootfs\":{{\"type\":\"layers\",\"diff_ids\":[\"sha256:{layer_digest}\"]}},\
         \"history\":[{{\"created\":\"1970-01-01T00:00:00Z\",\
         \"created_by\":\"cargo xtask dist\"}}]}}\n"
    )
}

/// Writes files into a tar: owner root, time 0, in the order given.
fn archive(files: &[(&str, u32, &[u8])]) -> Result<Vec<u8>> {
    let mut builder = Builder::new(Vec::new());
    for (path, mode, bytes) in files {
        let mut header = Header::new_ustar();
        header.set_path(path)?;
        header.set_entry_type(EntryType::Regular);
        header.set_mode(*mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        builder.append(&header, *bytes)?;
    }
    Ok(builder.into_inner()?)
}

/// Returns the SHA-256 digest in hexadecimal.
pub(crate) fn hex_digest(bytes: &[u8]) -> String {
    let mut text = Vec::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        write!(text, "{byte:02x}").expect("a Vec takes everything");
    }
    String::from_utf8(text).expect("digits are ASCII")
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::targets::TARGETS;

    fn entries(bytes: &[u8]) -> Vec<(String, Header, Vec<u8>)> {
        let mut archive = tar::Archive::new(bytes);
        let entries = archive.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().display().to_string();
            let header = entry.header().clone();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (path, header, content)
        });
        entries.collect()
    }

    /// The image holds one executable file, with a fixed owner and time.
    #[test]
    fn the_layer_holds_the_binary_and_nothing_else() {
        let image = docker_archive(&TARGETS[0], "1.0.0", b"\x7fELF").unwrap();
        let entries = entries(&image);
        assert_eq!(entries.len(), 3);
        let (layer_name, _, layer) = &entries[1];
        assert_eq!(*layer_name, format!("{}/layer.tar", hex_digest(layer)));
        let files = self::entries(layer);
        assert_eq!(files.len(), 1);
        let (path, header, content) = &files[0];
        assert_eq!(
            (path.as_str(), content.as_slice()),
            ("alertik", &b"\x7fELF"[..])
        );
        assert_eq!(header.mode().unwrap(), 0o755);
        assert_eq!((header.uid().unwrap(), header.mtime().unwrap()), (0, 0));
    }

    /// A reader of the image finds its parts under their digests.
    #[test]
    fn the_manifest_and_the_digests_fit_together() {
        for target in &TARGETS {
            let image = docker_archive(target, "1.0.0", b"binary").unwrap();
            let entries = entries(&image);
            let (config_name, _, config) = &entries[0];
            let (layer_name, ..) = &entries[1];
            let (manifest_name, _, manifest) = &entries[2];
            assert_eq!(manifest_name, "manifest.json");
            let manifest = String::from_utf8(manifest.clone()).unwrap();
            assert!(manifest.contains(config_name.as_str()), "{manifest}");
            assert!(manifest.contains(layer_name.as_str()), "{manifest}");
            assert_eq!(*config_name, format!("{}.json", hex_digest(config)));
            let config = String::from_utf8(config.clone()).unwrap();
            let (architecture, variant) = target.platform;
            assert!(config.contains(&format!("\"architecture\":\"{architecture}\"")));
            assert_eq!(config.contains("\"variant\""), variant.is_some());
        }
    }

    /// SHA-256 gives the standard's digests.
    #[test]
    fn digests_are_those_of_the_standard() {
        // FIPS 180-2, appendix B.1.
        assert_eq!(
            hex_digest(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
