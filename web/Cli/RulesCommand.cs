using System.CommandLine;
using System.Text;
using System.Text.Json;
using OpsMonitor.Web.Policies;
using OpsMonitor.Web.Reference;
using OpsMonitor.Web.Replay;
using OpsMonitor.Web.Rules;

namespace OpsMonitor.Web.Cli;

/// <summary><c>rules back-test</c>: what a rule would have raised over recorded events; needs no server.</summary>
internal static class RulesCommand
{
    public static Command Make() => new("rules", "Try a rule that raises alerts over the recorded past") { BackTestCommand() };

    private static Command BackTestCommand()
    {
        var input = new Option<string[]>("--input") { Description = "NDJSON CloudEvents, also gzipped: what export writes", Required = true, AllowMultipleArgumentsPerToken = true };
        var rule = new Option<string>("--rule") { Description = "which rule, such as bulk_complaint", Required = true };
        var draft = new Option<string?>("--draft") { Description = "a rules.yaml to try (default: the one in force)" };
        var policy = new Option<string?>("--policy") { Description = "the policy folder in force (default: what is shipped)" };
        var days = new Option<int>("--days") { Description = "how many days before the last event; earlier ones are the baseline", DefaultValueFactory = _ => 30 };
        var command = new Command("back-test", "How often a rule would have fired, on which tickets, and how many were acted upon (JSON)") { input, rule, draft, policy, days };
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            var id = RuleEndpoints.IdOf(parsed.GetValue(rule)!) ?? throw new FormatException($"--rule: there is no rule '{parsed.GetValue(rule)}'");
            var policies = PolicyFolder.Load(parsed.GetValue(policy), ReferenceData.Empty);
            var tried = parsed.GetValue(draft) is { } file ? RuleFile.Draft(File.ReadAllText(file), policies.Rules) : policies.Rules;
            var intake = new Intake(null);
            foreach (var path in parsed.GetValue(input)!) intake.Read(path, null);
            if (intake.Until is not { } to) throw new InvalidDataException("there is no event in the files");
            var result = BackTest.Run(intake.Events(), policies, tried, id, to - (parsed.GetValue(days) * 86_400_000L), to, default);
            using var buffer = new MemoryStream();
            using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
            {
                json.WriteStartObject();
                RuleJson.Write(json, result);
                json.WriteEndObject();
            }
            Console.WriteLine(Encoding.UTF8.GetString(buffer.ToArray()));
            return 0;
        }));
        return command;
    }
}
