using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OpsMonitor.Web.Access;

/// <summary>
/// Keys of integrations: <c>om_live_&lt;id&gt;_&lt;base64url of 32 random bytes&gt;</c>. keys.json holds the SHA-256 of each secret and
/// nothing that opens the door. (spec: security)
/// </summary>
public sealed class ApiKeyStore
{
    private const string Prefix = "om_live_";
    private const int MaxKey = 128;
    private static readonly byte[] Nobody = new byte[SHA256.HashSizeInBytes];
    private readonly Dictionary<string, byte[]> hashes;

    private ApiKeyStore(Dictionary<string, byte[]> hashes) => this.hashes = hashes;

    /// <summary>Reads keys.json in the folder, or makes it with one new key.</summary>
    /// <param name="firstKey">The new key, to be shown once; null where the file was there.</param>
    /// <exception cref="InvalidDataException">keys.json is there but cannot be read; it is never replaced.</exception>
    public static ApiKeyStore OpenOrCreate(string folder, out string? firstKey)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, "keys.json");
        firstKey = null;
        if (File.Exists(path)) return new(Read(path));
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var hash = Hash(secret);
        Write(path, new KeyFile([new(id, Convert.ToHexStringLower(hash), DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture))]));
        firstKey = $"{Prefix}{id}_{secret}";
        return new(new(StringComparer.Ordinal) { [id] = hash });
    }

    /// <summary>Whether the presented text is a live key. Takes the same time whichever character of a secret is wrong.</summary>
    public bool Verify(string? presented)
    {
        if (presented is null || presented.Length > MaxKey || !presented.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        var rest = presented[Prefix.Length..];
        var split = rest.IndexOf('_', StringComparison.Ordinal);
        if (split < 1) return false;
        var known = hashes.TryGetValue(rest[..split], out var expected);
        return CryptographicOperations.FixedTimeEquals(Hash(rest[(split + 1)..]), expected ?? Nobody) && known;
    }

    private static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    private static Dictionary<string, byte[]> Read(string path)
    {
        try
        {
            var file = JsonSerializer.Deserialize(File.ReadAllBytes(path), KeyJson.Default.KeyFile) ?? throw new JsonException("null");
            var hashes = new Dictionary<string, byte[]>(StringComparer.Ordinal);
            foreach (var key in file.Keys)
            {
                var hash = Convert.FromHexString(key.Sha256);
                if (hash.Length != SHA256.HashSizeInBytes) throw new JsonException("hash length");
                hashes.Add(key.Id, hash);
            }
            return hashes;
        }
        catch (Exception e) when (e is JsonException or FormatException or ArgumentException)
        {
            throw new InvalidDataException("keys.json cannot be read. Restore it, or move it away to have a new key made.", e);
        }
    }

    private static void Write(string path, KeyFile file)
    {
        // Written aside and renamed: a crash leaves no half file, which would lock every integration out.
        var aside = path + ".new";
        File.Delete(aside);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(aside, options))
        {
            JsonSerializer.Serialize(stream, file, KeyJson.Default.KeyFile);
            stream.Flush(flushToDisk: true);
        }
        File.Move(aside, path);
    }
}

internal sealed record KeyFile(IReadOnlyList<KeyLine> Keys);

internal sealed record KeyLine(string Id, string Sha256, string Created);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(KeyFile))]
internal sealed partial class KeyJson : JsonSerializerContext;
