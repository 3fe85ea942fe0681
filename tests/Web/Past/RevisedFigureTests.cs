using OpsMonitor.Grains.Events;
using OpsMonitor.Grains.Policies;
using OpsMonitor.Silo.Local;
using OpsMonitor.Tests.Grains;
using OpsMonitor.Tests.Silo.Local;
using OpsMonitor.Tests.Silo.Local.Journal;
using OpsMonitor.Tests.Silo.Local.Rollups;
using OpsMonitor.Web.Board;
using OpsMonitor.Web.Reference;
using Xunit;

namespace OpsMonitor.Tests.Web.Past;

/// <summary>A figure of the wall says that it was revised as long as the day lasts.</summary>
public sealed class RevisedFigureTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SetClock _clock = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_reply_that_is_told_hours_late_marks_the_figure_until_midnight_and_names_its_source()
    {
        Set("09:10:00");
        await using var host = LocalHost.Open(new(_folder.Path, PolicySet.Default) { Rollups = RollupStory.Options }, _clock, static _ => { });
        await Tell(host, Story.Event(Story.Ms("09:10:00"), "ticket/a", new TicketCreated(TicketKind.Complaint, Channel.Phone, Priority: 1), "1", department: "billing"));
        Set("14:00:00");
        await Tell(host, Story.Event(Story.Ms("14:00:00"), "ticket/b", new TicketCreated(TicketKind.Complaint, Channel.Phone), "2"));
        host.Rollups!.Sync();
        Assert.Equal((0m, false, null), (Cell(host, "all").Value, Cell(host, "all").Revised, Cell(host, "all").Revision));
        await Tell(host, Story.Event(Story.Ms("09:20:00"), "ticket/a", new TicketReplied("mail"), "3", source: "/crm"));
        host.Rollups.Sync();
        foreach (var scope in (string[])["all", "department/billing"])
        {
            var cell = Cell(host, scope);
            Assert.Equal((0.5m, true), (cell.Value, cell.Revised)); // the resolution was due at 13:10, and nobody resolved
            Assert.Equal(("sla.first_response.attainment", Story.Ms("09:00:00"), "/crm", 1), (cell.Revision!.Metric, cell.Revision.From,
                cell.Revision.LateEvents[0].GetProperty("source").GetString(), cell.Revision.LateEvents[0].GetProperty("count").GetInt32()));
        }
        Assert.False(Cell(host, "department/field").Revised);
        Set("+1 00:05:00");
        await Tell(host);
        Assert.False(Cell(host, "all").Revised);
    }

    private static FigureCell Cell(LocalHost host, string scope) =>
        (FigureCell)host.Read(t => BoardView.Build(t, new(ReferenceData.Empty), host.Now, scope, new BoardMemory(new()) { Rollups = host.Rollups })).Cells[0];

    private static async Task Tell(LocalHost host, params Event[] events) => await host.OfferAsync(events, CancellationToken.None);

    private void Set(string time) => _clock.Set(DateTimeOffset.FromUnixTimeMilliseconds(Story.Ms(time)));
}
