using System.Security.Cryptography;
using System.Text;

namespace OpsMonitor.Silo.Local.Vault;

/// <summary>
/// A key file, such as vault.key: 32 bytes that wrap other keys or secrets, and 32 that make references out of what must not be read back (the pepper).
/// </summary>
public sealed class VaultKey
{
    public const int Length = 32;
    private const int NonceLength = 12, TagLength = 16;

    private readonly byte[] _wrap, _pepper;

    private VaultKey(byte[] bytes) => (_wrap, _pepper) = (bytes[..Length], bytes[Length..]);

    /// <param name="mayCreate">false where something is there already that only the key which is missing could read</param>
    /// <exception cref="InvalidDataException">The file is missing or damaged.</exception>
    public static VaultKey OpenOrCreate(string path, bool mayCreate)
    {
        if (!File.Exists(path) && mayCreate)
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using var stream = new FileStream(path, options);
            stream.Write(RandomNumberGenerator.GetBytes(2 * Length));
            stream.Flush(flushToDisk: true);
        }
        var bytes = File.Exists(path) ? File.ReadAllBytes(path) : [];
        return bytes.Length == 2 * Length ? new(bytes) : throw new InvalidDataException($"{Path.GetFileName(path)} is missing or damaged. Restore it: {Path.GetFileNameWithoutExtension(path)}.db cannot be read without it.");
    }

    public byte[] Digest(string text) => HMACSHA256.HashData(_pepper, Encoding.UTF8.GetBytes(text));

    public byte[] Wrap(byte[] key) => Seal(_wrap, key);

    public byte[] Unwrap(byte[] wrapped) => Unseal(_wrap, wrapped);

    /// <summary>Nonce, tag, cipher text.</summary>
    public static byte[] Seal(byte[] key, byte[] clear)
    {
        var bytes = new byte[NonceLength + TagLength + clear.Length];
        var (nonce, tag, cipher) = (bytes.AsMemory(0, NonceLength), bytes.AsMemory(NonceLength, TagLength), bytes.AsMemory(NonceLength + TagLength));
        RandomNumberGenerator.Fill(nonce.Span);
        using var aes = new AesGcm(key, TagLength);
        aes.Encrypt(nonce.Span, clear, cipher.Span, tag.Span);
        return bytes;
    }

    /// <exception cref="CryptographicException">another key, or damaged</exception>
    public static byte[] Unseal(byte[] key, byte[] bytes)
    {
        var clear = new byte[bytes.Length - NonceLength - TagLength];
        using var aes = new AesGcm(key, TagLength);
        aes.Decrypt(bytes.AsSpan(0, NonceLength), bytes.AsSpan(NonceLength + TagLength), bytes.AsSpan(NonceLength, TagLength), clear);
        return clear;
    }
}
