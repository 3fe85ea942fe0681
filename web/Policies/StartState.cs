using System.Security.Cryptography;
using System.Text;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Rules;
using OpsMonitor.Web.Rules;
using OpsMonitor.Web.Reference;

namespace OpsMonitor.Web.Policies;

/// <summary>
/// The files as they were when the program started: what is shipped, and the policy folder. Read once, so that a file that changes meanwhile does
/// not come into force with the next saving; it does with the next start.
/// </summary>
public sealed class StartState
{
    private StartState(ReferenceData data, IReadOnlyList<CalendarFile> calendars, IReadOnlyList<(string File, YamlEntry Entry)> policies, MetricFile metrics, RuleSet rules) =>
        (Data, Calendars, Policies, Metrics, Rules) = (data, calendars, policies, metrics, rules);

    internal RuleSet Rules { get; }

    internal ReferenceData Data { get; }

    internal MetricFile Metrics { get; }

    internal IReadOnlyList<CalendarFile> Calendars { get; }

    internal IReadOnlyList<(string File, YamlEntry Entry)> Policies { get; }

    /// <param name="saved">what was saved by the API, and wins over the files</param>
    /// <exception cref="ReferenceDataException">The folder does not exist, or a file breaks a rule.</exception>
    public static StartState Read(string? folder, ReferenceData reference, ReferenceData? saved = null) => new(
        reference.With(ReferenceData.Load(folder)).With(saved ?? ReferenceData.Empty),
        Both(PolicyFolder.Calendars, folder, CalendarReader.Read, c => c.Id),
        Both(PolicyFolder.Policies, folder, file => (File: file, Entry: YamlEntries.One(file, PolicyReader.Keys, [])), p => p.Entry.Name()),
        MetricFile.Read(folder), RuleFile.Read(folder));

    /// <summary>Tells the files from any others: a hash over their names and contents. What was judged by other files must be judged anew.</summary>
    public static string MarkOf(string? folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var root in new[] { PolicyFolder.Shipped, folder })
            if (root is not null && Directory.Exists(root))
                foreach (var file in Directory.GetFiles(root, "*.yaml", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
                {
                    hash.AppendData(Encoding.UTF8.GetBytes($"{Path.GetRelativePath(root, file)}\n{new FileInfo(file).Length}\n"));
                    hash.AppendData(File.ReadAllBytes(file));
                }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>All policies as they stand after these savings.</summary>
    /// <exception cref="ReferenceDataException">They do not go with the files.</exception>
    public PolicySet SetWith(IReadOnlyList<PolicyEdit> edits) => With(edits).Set;

    internal PolicyShelf With(IReadOnlyList<PolicyEdit> edits) => PolicyFolder.Put(this, edits);

    // An id of the folder takes the place of the shipped one, in all its versions.
    private static List<T> Both<T>(string part, string? folder, Func<string, T> read, Func<T, string> id)
    {
        var own = PolicyFolder.Files(folder, part).Select(read).ToList();
        var taken = own.Select(id).ToHashSet(StringComparer.Ordinal);
        return [.. PolicyFolder.Files(PolicyFolder.Shipped, part).Select(read).Where(f => !taken.Contains(id(f))), .. own];
    }
}
