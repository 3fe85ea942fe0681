using OpsMonitor.Grains.Policies;
using OpsMonitor.Web.Reference;
using OpsMonitor.Web.Rules;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Web.Policies;

/// <summary>A text that could be saved, what would stand with it, and the revision that it would follow.</summary>
internal sealed record PolicyTry(PolicyEdit Edit, PolicyShelf Shelf, int Follows);

internal enum SaveEnd { Declined, Kept, Overtaken, Unsupported }

/// <summary>The policies, calendars and rules in force on this server, and their saving, one at a time.</summary>
public sealed class PolicyStore(IOpsHost host, StartState start) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);

    internal IOpsHost Host => host;

    internal IReadOnlyList<PolicyEdit> Edits => host.Read(tally => tally.Edits);

    private long SavedAt => host.Read(tally => tally.SavedAt(host.Now));

    internal PolicyShelf Standing() => start.With(Edits);

    internal PolicyShelf Standing(IReadOnlyList<PolicyEdit> edits) => start.With(edits);

    /// <summary>What the newest file of an id says; empty where no file has it.</summary>
    internal string TextAtStart(string kind, string id)
    {
        var files = kind == PolicyFolder.Calendars ? start.Calendars.Where(c => c.Id == id).Select(c => c.File)
            : start.With([]).Files.Where(f => f.Policy.Id == id).OrderBy(f => f.Policy.Version).Select(f => f.File);
        return files.LastOrDefault() is { } file && File.Exists(file) ? File.ReadAllText(file) : "";
    }

    /// <summary>Grows with each saving of that policy or calendar; 0 for one that stands as the files have it.</summary>
    internal static int RevisionOf(IReadOnlyList<PolicyEdit> edits, EditKind kind, string id) => edits.LastOrDefault(e => e.Kind == kind && e.Id == id)?.Number ?? 0;

    /// <summary>Reads a draft as if it were saved now. A policy that gives no newer version is tried as the next one.</summary>
    /// <exception cref="ReferenceDataException">It could not be saved.</exception>
    internal PolicyTry Try(EditKind kind, string text, string by)
    {
        var edits = Edits;
        if (kind == EditKind.Rules) return TryRules(edits, text, by);
        var calendar = kind == EditKind.Calendar;
        var entry = YamlEntries.OneText(calendar ? "calendar" : "policy", text, calendar ? CalendarReader.Keys : PolicyReader.Keys);
        var id = entry.Name();
        var version = calendar ? edits.Count(e => e.Kind == kind && e.Id == id) + 1
            : Math.Max(entry.Number("version", 1, int.MaxValue) ?? 1, start.With(edits).NewestOf(id) + 1);
        var edit = new PolicyEdit(edits.Count + 1, kind, id, version, SavedAt, by, text);
        return new(edit, start.With([.. edits, edit]), RevisionOf(edits, kind, id));
    }

    // The rules are one thing, saved as what of it changes.
    private PolicyTry TryRules(IReadOnlyList<PolicyEdit> edits, string text, string by)
    {
        var edit = new PolicyEdit(edits.Count + 1, EditKind.Rules, RuleFile.Id, edits.Count(e => e.Kind == EditKind.Rules) + 1, SavedAt, by, text);
        return new(edit, start.With([.. edits, edit]), RevisionOf(edits, EditKind.Rules, RuleFile.Id));
    }

    /// <summary>The version that a policy's text gives itself; null for a calendar.</summary>
    internal static int? VersionIn(EditKind kind, string text) =>
        kind == EditKind.Calendar ? null : YamlEntries.OneText("policy", text, PolicyReader.Keys).Number("version", 1, int.MaxValue) ?? 1;

    /// <summary>Tries, lets the caller look at the outcome, and saves it unless something else was saved meanwhile.</summary>
    /// <param name="look">says whether to go on</param>
    internal async Task<(PolicyTry? Saved, SaveEnd End)> SaveAsync(EditKind kind, string text, string by, Func<PolicyTry, Task<bool>> look, CancellationToken stop)
    {
        await _one.WaitAsync(stop);
        try
        {
            if (!await look(Try(kind, text, by))) return (null, SaveEnd.Declined);
            var now = Try(kind, text, by); // the looking takes time, and what begins meanwhile keeps what stood
            var kept = await host.ChangeAsync(new(now.Edit, now.Shelf.Set), stop);
            return kept switch { true => (now, SaveEnd.Kept), false => (null, SaveEnd.Overtaken), null => (null, SaveEnd.Unsupported) };
        }
        finally { _one.Release(); }
    }

    public void Dispose() => _one.Dispose();
}
