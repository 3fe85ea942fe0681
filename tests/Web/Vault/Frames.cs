using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using OpsMonitor.Grains.Events;
using OpsMonitor.Silo.Local.Journal;
using OpsMonitor.Web.Serve;

namespace OpsMonitor.Tests.Web.Vault;

/// <summary>What the journal holds of events.</summary>
internal static class Frames
{
    public static string TextOf(string folder)
    {
        using var journal = FrameJournal.Open(folder, static _ => { });
        return string.Concat(journal.ReadFrom(0).Select(f => Encoding.UTF8.GetString(f.Frame)));
    }

    /// <summary>The customer that each contact's first event refers to.</summary>
    public static async Task<SortedDictionary<string, string?>> References(WebApplication app)
    {
        var found = new SortedDictionary<string, string?>(StringComparer.Ordinal);
        foreach (var contact in new[] { "C-1", "C-2", "C-3" })
        {
            var e = (await app.Services.GetRequiredService<IOpsHost>().HistoryAsync(new(SubjectKind.Contact, contact), default))![0];
            using var json = JsonDocument.Parse(e.Raw);
            found[contact] = json.RootElement.GetProperty("data").TryGetProperty("customer_ref", out var reference) ? reference.GetString() : null;
        }
        return found;
    }
}
