//! Where on the router the image and the container go.

use super::NAME;
use super::router::Router;
use crate::Result;

/// Bytes of flash that stay free, for the router's own writes.
const FLASH_RESERVE: u64 = 128 * 1024;

/// Bytes of memory that stay free for the router and the daemon.
const MEMORY_RESERVE: u64 = 8 * 1024 * 1024;

/// The places of image and container.
#[derive(Debug)]
pub(crate) struct Place {
    /// Path of the uploaded image.
    pub(crate) image: String,
    /// The container's root folder.
    pub(crate) root: String,
    /// Whether a tmpfs is needed for one of them.
    pub(crate) tmpfs: bool,
}

impl Place {
    /// Chooses the place: everything on flash if there is room; else the image in
    /// memory and the root on flash, if there is room for that; else everything in
    /// memory. `disk` overrides it.
    ///
    /// # Errors
    ///
    /// If not even memory has the room.
    pub(crate) fn choose(router: &Router, disk: Option<&str>, image_bytes: u64) -> Result<Self> {
        if let Some(disk) = disk {
            let disk = disk.trim_matches('/');
            return Ok(Self {
                image: format!("{disk}/{NAME}.tar"),
                root: format!("{disk}/{NAME}"),
                tmpfs: false,
            });
        }
        let lasting = router.lasting;
        let reclaimed = if router.replaces { image_bytes } else { 0 };
        let free_flash = router.free_flash + reclaimed;
        let fits = |images: u64| images * image_bytes + FLASH_RESERVE <= free_flash;
        let (image, root, in_memory) = if fits(2) {
            (
                format!("{lasting}{NAME}.tar"),
                format!("{lasting}{NAME}"),
                0,
            )
        } else if fits(1) {
            (format!("tmpfs/{NAME}.tar"), format!("{lasting}{NAME}"), 1)
        } else {
            (format!("tmpfs/{NAME}.tar"), format!("tmpfs/{NAME}"), 2)
        };
        if in_memory * image_bytes + MEMORY_RESERVE > router.free_memory {
            return Err(format!(
                "{} has {} kB of flash and {} kB of memory free, too little for an image of {} kB; \
                 plug a USB disk in and add --disk usb1",
                router.board,
                router.free_flash / 1024,
                router.free_memory / 1024,
                image_bytes / 1024
            )
            .into());
        }
        Ok(Self {
            image,
            root,
            tmpfs: in_memory > 0,
        })
    }

    /// Returns whether the container is gone after a reboot.
    pub(crate) fn is_volatile(&self) -> bool {
        self.root.starts_with("tmpfs/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flash::router::{Version, hap_ac2};

    const IMAGE: u64 = 560 * 1024;

    /// Flash is preferred, memory is the way out, and neither is overfilled.
    #[test]
    fn the_place_follows_the_free_space() {
        let place =
            |flash, memory| Place::choose(&hap_ac2(Version(7, 16, 0), flash, memory), None, IMAGE);
        let roomy = place(2 << 20, 40 << 20).unwrap();
        assert_eq!(
            (roomy.image.as_str(), roomy.tmpfs),
            ("flash/alertik.tar", false)
        );
        let tight = place(700 << 10, 40 << 20).unwrap();
        assert_eq!(
            (tight.image.as_str(), tight.root.as_str()),
            ("tmpfs/alertik.tar", "flash/alertik")
        );
        assert!(tight.tmpfs && !tight.is_volatile());
        let full = place(0, 40 << 20).unwrap();
        assert!(full.tmpfs && full.is_volatile());
        assert!(place(0, 8 << 20).is_err());
        let mut again = hap_ac2(Version(7, 16, 0), 200 << 10, 40 << 20);
        again.replaces = true;
        let again = Place::choose(&again, None, IMAGE).unwrap();
        assert_eq!(again.root, "flash/alertik");
    }
}
