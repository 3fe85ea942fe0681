using System.Collections.Concurrent;

namespace OpsMonitor.Web.Adapters;

/// <summary>
/// The mappings by name: <c>adapters/NAME.yaml</c> of the reference folder, or else one that comes with the program. A changed file counts from the
/// next request on; one that was broken by the change leaves the mapping as it was.
/// </summary>
public sealed class AdapterShelf(string? referenceFolder, Action<string> announce)
{
    public const string Folder = "adapters";

    private readonly ConcurrentDictionary<string, (string File, DateTime Written, Mapping Mapping)> _known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (DateTime Written, string Fault)> _broken = new(StringComparer.Ordinal);

    /// <summary>Where the mappings that come with the program lie.</summary>
    public static string BuiltIn => Path.Combine(AppContext.BaseDirectory, "Adapters", "mappings");

    /// <summary>The file of that name, or null. A name is letters, digits, '-' and '_': it stands in an address and must not leave the folder.</summary>
    public static string? FileOf(string name, string? referenceFolder)
    {
        if (name.Length is 0 or > 64 || !name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')) return null;
        string?[] folders = [referenceFolder is null ? null : Path.Combine(referenceFolder, Folder), BuiltIn];
        return folders.OfType<string>().Select(f => Path.Combine(f, name + ".yaml")).FirstOrDefault(File.Exists);
    }

    /// <summary>The mapping of that name; null where there is none, or none that can be read.</summary>
    public Mapping? Find(string name)
    {
        if (FileOf(name, referenceFolder) is not { } file) return null;
        var written = File.GetLastWriteTimeUtc(file);
        var has = _known.TryGetValue(name, out var known);
        if (has && known.File == file && known.Written == written) return known.Mapping;
        if (_broken.TryGetValue(file, out var tried) && tried.Written == written) return has ? known.Mapping : null;
        try
        {
            var mapping = MappingReader.Read(file);
            _known[name] = (file, written, mapping);
            _broken.TryRemove(file, out _);
            return mapping;
        }
        catch (Exception e) when (e is Reference.ReferenceDataException or IOException or UnauthorizedAccessException)
        {
            _broken[file] = (written, e.Message); // said once for each change, not with every request
            announce($"adapter {name}: {e.Message}");
            return has ? known.Mapping : null;
        }
    }

    /// <summary>What is wrong with the file as it stands, so that the mapping before it counts; null where nothing is.</summary>
    public string? FaultOf(string name) => Find(name) is not null && FileOf(name, referenceFolder) is { } file && _broken.TryGetValue(file, out var broken) ? broken.Fault : null;

    /// <summary>Reads every mapping of the reference folder, so that a mistake is told at the start and not by a sender's first request.</summary>
    /// <exception cref="Reference.ReferenceDataException">A file breaks a rule.</exception>
    public void CheckAll()
    {
        if (referenceFolder is null || Path.Combine(referenceFolder, Folder) is not { } folder || !Directory.Exists(folder)) return;
        foreach (var file in Directory.EnumerateFiles(folder, "*.yaml").Order(StringComparer.Ordinal)) MappingReader.Read(file);
    }
}
