//! Argon2id, in memory that goes back to the system after each hash.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::password_hash::{self, Error, try_generate_salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};

/// At least this much address space is asked for, in blocks of 1 KiB. The C library keeps smaller
/// pieces for later, in each thread's arena: a few hundred sign-ins left 250 MiB behind. It maps
/// pieces of more than 32 MiB from the system, whatever it has learned, and unmaps them at once.
/// Only what is touched takes memory, so 19 MiB still take 19 MiB.
const MAPPED: usize = 33 * 1_024;

/// The hash of `password` with these parameters and a random salt, as a PHC string.
pub fn create(password: &[u8], params: &Params) -> password_hash::Result<String> {
    let salt = try_generate_salt().map_err(|_| Error::Crypto)?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params)?,
        salt: Some(Salt::new(&salt)?),
        hash: Some(compute(
            Algorithm::Argon2id,
            Version::V0x13,
            params.clone(),
            password,
            &salt,
        )?),
    };
    Ok(hash.to_string())
}

/// Whether `kept` is a hash of `password`, whatever parameters it was made with.
pub fn verify(password: &[u8], kept: &PasswordHash) -> password_hash::Result<bool> {
    let (Some(salt), Some(expected)) = (&kept.salt, &kept.hash) else {
        return Ok(false);
    };
    let algorithm = Algorithm::try_from(kept.algorithm.as_str())?;
    let version = kept.version.map_or(Ok(Version::V0x13), Version::try_from)?;
    let params = Params::try_from(kept)?;
    // `Output` compares in constant time.
    Ok(compute(algorithm, version, params, password, salt)? == *expected)
}

fn compute(
    algorithm: Algorithm,
    version: Version,
    params: Params,
    password: &[u8],
    salt: &[u8],
) -> password_hash::Result<Output> {
    let mut buffer = [0; Output::MAX_LENGTH];
    let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    let output = buffer.get_mut(..length).ok_or(Error::OutputSize)?;
    let blocks = params.block_count();
    let mut memory = Vec::with_capacity(blocks.max(MAPPED));
    memory.resize(blocks, Block::new());
    Argon2::new(algorithm, version, params).hash_password_into_with_memory(
        password,
        salt,
        output,
        &mut memory,
    )?;
    Ok(Output::new(output)?)
}

#[cfg(test)]
mod tests {
    use argon2::PasswordVerifier;
    use argon2::password_hash::PasswordHasher;

    use super::*;

    const PASSWORD: &[u8] = b"correct horse battery";

    fn is_accepted(kept: &str) -> bool {
        let kept = PasswordHash::new(kept).unwrap();
        let accepted = |password| verify(password, &kept).unwrap();
        accepted(PASSWORD) && !accepted(b"correct horse batterz")
    }

    #[test]
    fn hashes_are_those_of_the_library_with_any_parameters() {
        for (memory, passes, lanes, length) in [(64, 1, 1, None), (256, 2, 4, Some(16))] {
            let params = Params::new(memory, passes, lanes, length).unwrap();
            let ours = create(PASSWORD, &params).unwrap();
            assert!(is_accepted(&ours), "{ours}");
            let other = Argon2::default();
            let kept = PasswordHash::new(&ours).unwrap();
            assert!(other.verify_password(PASSWORD, &kept).is_ok(), "{ours}");
            let older = Argon2::new(Algorithm::Argon2i, Version::V0x10, params);
            let theirs: PasswordHash = older.hash_password(PASSWORD).unwrap();
            assert!(is_accepted(&theirs.to_string()), "{theirs}");
        }
    }

    #[test]
    fn a_string_that_is_no_argon2_hash_is_no_error_that_lets_anybody_in() {
        for kept in [
            "$argon2id$v=19$m=64,t=1,p=1",
            "$scrypt$ln=15$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
        ] {
            let kept = PasswordHash::new(kept).unwrap();
            assert!(!verify(PASSWORD, &kept).unwrap_or(false));
        }
    }
}
