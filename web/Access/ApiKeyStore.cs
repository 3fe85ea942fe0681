using System.Buffers.Text;
using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OpsMonitor.Web.Access;

/// <summary>What a key is good for.</summary>
[Flags]
public enum KeyScope { None = 0, Ingest = 1, Read = 2, Personal = 4, Admin = 8, Act = 16, Metrics = 32 }

/// <param name="Id">stands in the key itself; no secret</param>
/// <param name="Sources">the event sources that it may speak for; null for all</param>
/// <param name="Created">RFC 3339</param>
public sealed record ApiKey(string Id, string Name, KeyScope Scope, IReadOnlyList<string>? Sources, string Created)
{
    /// <summary>The departments that it may read of; null for all.</summary>
    public IReadOnlyList<string>? Departments { get; init; }

    public bool MaySpeakFor(string source) => Sources?.Contains(source, StringComparer.Ordinal) ?? true;
}

/// <summary>
/// Keys of integrations: <c>om_live_&lt;id&gt;_&lt;base64url of 32 random bytes&gt;</c>. keys.json holds the SHA-256 of each secret and
/// nothing that opens the door. A change of the file, by whichever process, counts from the next request on. (spec: security)
/// </summary>
public sealed class ApiKeyStore
{
    private const string Prefix = "om_live_", FileName = "keys.json";
    private const int MaxKey = 128;
    private static readonly byte[] Nobody = new byte[SHA256.HashSizeInBytes];

    private sealed record Loaded(FrozenDictionary<string, (ApiKey Key, byte[] Hash)> Keys, DateTime Written);

    private readonly string _path;
    private readonly Lock _gate = new();
    private volatile Loaded _loaded;

    private ApiKeyStore(string path, TimeProvider clock)
    {
        _path = path;
        _loaded = Load(path);
        Tries = new(clock);
    }

    /// <summary>Who has lately come with a wrong key.</summary>
    public FailedTries Tries { get; }

    public IEnumerable<ApiKey> Keys => Current().Keys.Values.Select(k => k.Key).OrderBy(k => k.Created, StringComparer.Ordinal).ThenBy(k => k.Id, StringComparer.Ordinal);

    /// <summary>Reads keys.json in the folder, or makes it with one new key for all sources, to send and to read.</summary>
    /// <param name="firstKey">The new key, to be shown once; null where the file was there.</param>
    /// <exception cref="InvalidDataException">keys.json is there but cannot be read; it is never replaced.</exception>
    public static ApiKeyStore OpenOrCreate(string folder, out string? firstKey, TimeProvider? clock = null)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, FileName);
        firstKey = null;
        if (!File.Exists(path)) KeyFile.Write(path, new([Make("first", KeyScope.Ingest | KeyScope.Read, null, out firstKey)]));
        return new(path, clock ?? TimeProvider.System);
    }

    /// <summary>Adds a key beside the others.</summary>
    /// <param name="sources">null for all</param>
    /// <param name="departments">that it may read of; null for all</param>
    /// <returns>the key, to be shown once</returns>
    public string Add(string name, KeyScope scope, IReadOnlyList<string>? sources, IReadOnlyList<string>? departments = null)
    {
        var line = Make(name, scope, sources, out var key) with { Departments = departments };
        Change(lines => [.. lines, line]);
        return key;
    }

    /// <summary>A second key with the name, scope and sources of a live one. Both work until the old one is revoked.</summary>
    /// <returns>the new key, to be shown once; null where there is none with that id</returns>
    public string? Rotate(string id) => Current().Keys.TryGetValue(id, out var old) ? Add(old.Key.Name, old.Key.Scope, old.Key.Sources, old.Key.Departments) : null;

    /// <returns>false where there is none with that id</returns>
    public bool Revoke(string id)
    {
        var known = Current().Keys.ContainsKey(id);
        if (known) Change(lines => [.. lines.Where(l => l.Id != id)]);
        return known;
    }

    /// <summary>Whether the presented text is a live key.</summary>
    public bool Verify(string? presented) => Find(presented) is not null;

    /// <summary>The live key that was presented, or null. Takes the same time whichever character of a secret is wrong.</summary>
    public ApiKey? Find(string? presented)
    {
        if (Split(presented) is not var (id, secret)) return null;
        var known = Current().Keys.TryGetValue(id, out var line);
        return CryptographicOperations.FixedTimeEquals(Hash(secret), known ? line.Hash : Nobody) && known ? line.Key : null;
    }

    /// <summary>The id in the presented text where such a key is live, whatever the secret; else null.</summary>
    public string? LiveId(string? presented) => Split(presented) is var (id, _) && Current().Keys.ContainsKey(id) ? id : null;

    private static (string Id, string Secret)? Split(string? presented)
    {
        if (presented is null || presented.Length > MaxKey || !presented.StartsWith(Prefix, StringComparison.Ordinal)) return null;
        var rest = presented[Prefix.Length..];
        var split = rest.IndexOf('_', StringComparison.Ordinal);
        return split < 1 ? null : (rest[..split], rest[(split + 1)..]);
    }

    private static KeyLine Make(string name, KeyScope scope, IReadOnlyList<string>? sources, out string key)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        key = $"{Prefix}{id}_{secret}";
        var words = Enum.GetValues<KeyScope>().Where(s => s != KeyScope.None && scope.HasFlag(s)).Select(s => s.ToString().ToLowerInvariant());
        return new(id, Convert.ToHexStringLower(Hash(secret)), DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture), name, [.. words], sources);
    }

    private static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    private Loaded Current()
    {
        var loaded = _loaded;
        if (File.GetLastWriteTimeUtc(_path) == loaded.Written) return loaded;
        lock (_gate)
        {
            try { _loaded = Load(_path); }
            catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException) { } // as known before: a slip in the file must not lock everybody out
            return _loaded;
        }
    }

    private static Loaded Load(string path)
    {
        var written = File.GetLastWriteTimeUtc(path); // before the reading: a change in between is then read again
        try
        {
            return new(KeyFile.Read(path).Keys.ToFrozenDictionary(l => l.Id, Live, StringComparer.Ordinal), written);
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw KeyFile.Unreadable(e);
        }
    }

    private static (ApiKey, byte[]) Live(KeyLine line)
    {
        var hash = Convert.FromHexString(line.Sha256);
        if (hash.Length != SHA256.HashSizeInBytes) throw new FormatException("hash length");
        // A file from before there were scopes: its key could do everything.
        var scope = line.Scopes is null ? KeyScope.Ingest | KeyScope.Read : line.Scopes.Aggregate(KeyScope.None, static (all, word) => all | Enum.Parse<KeyScope>(word, ignoreCase: true));
        return (new(line.Id, line.Name ?? "first", scope, line.Sources, line.Created) { Departments = line.Departments }, hash);
    }

    private void Change(Func<IReadOnlyList<KeyLine>, IReadOnlyList<KeyLine>> change)
    {
        lock (_gate)
        {
            KeyFile.Write(_path, new(change(KeyFile.Read(_path).Keys)));
            _loaded = Load(_path);
        }
    }
}
