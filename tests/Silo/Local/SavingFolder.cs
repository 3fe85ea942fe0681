using OpsMonitor.Grains.Policies;
using OpsMonitor.Grains.Turns;
using OpsMonitor.Silo.Local;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Tests.Silo.Local.Journal;
using OpsMonitor.Web.Policies;
using OpsMonitor.Web.Reference;

namespace OpsMonitor.Tests.Silo.Local;

/// <summary>A data folder without files of its own, on which a host is started again and again, and something saved in between.</summary>
internal sealed class SavingFolder : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StartState _files = StartState.Read(null, ReferenceData.Empty);

    public SetClock Clock { get; } = new();

    public void Dispose() => _folder.Dispose();

    /// <param name="time">of the story's day</param>
    public void At(string time) => Clock.Set(DateTimeOffset.FromUnixTimeMilliseconds(Story.Ms(time)));

    public LocalHost Open(long leaveAfterMs = long.MaxValue) =>
        LocalHost.Open(new(_folder.Path, PoliciesWith([])) { Reread = PoliciesWith, LeaveAfterMs = leaveAfterMs }, Clock, static _ => { });

    public PolicySet PoliciesWith(IReadOnlyList<PolicyEdit> edits) => _files.SetWith(edits);

    public PolicyChange Change(LocalHost host, string text, EditKind kind = EditKind.Rules, string id = "rules", int? version = null)
    {
        var (edits, at) = host.Read(s => (s.Edits, s.SavedAt(host.Now)));
        var edit = new PolicyEdit(edits.Count + 1, kind, id, version ?? edits.Count + 1, at, "anna", text);
        return new(edit, PoliciesWith([.. edits, edit]));
    }

    public void ForgetSnapshots()
    {
        foreach (var file in Snapshots) File.Delete(file);
    }

    public IReadOnlyList<string> Snapshots => Directory.GetFiles(_folder.Path, "*snapshot*", SearchOption.AllDirectories);
}
