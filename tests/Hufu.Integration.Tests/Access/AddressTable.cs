using Hufu.Records;

namespace Hufu.Integration.Tests.Access;

/// <summary>What somebody needs for an address.</summary>
internal enum Need
{
    /// <summary>Nothing: it is open to everybody.</summary>
    Nothing,

    /// <summary>To be signed in.</summary>
    Anybody,

    /// <summary>Nothing helps: it is where refusals are told, and it refuses everybody who is signed in.</summary>
    Refused,

    /// <summary>To be signed in to the pages as a person, not by a program's token.</summary>
    Person,

    /// <summary>A right on an area of the product.</summary>
    Area,

    /// <summary>A right on a record type, on whatever records.</summary>
    Type,

    /// <summary>A right on the record itself; who may not read it learns nothing of it.</summary>
    Record,
}

/// <summary>One line of the table.</summary>
internal sealed record AddressRule(string Method, string Pattern, Need Need, string Area, Right Right);

/// <summary>Every address of the product and what it needs. An address that is not here fails the walk: declare it.</summary>
internal static class AddressTable
{
    // {type} stands for the path of any record type.
    private const string Lines = """
        GET    {type}                                  type Read
        POST   {type}/views                            type Read
        GET    {type}/export                           type Read
        GET    {type}/new                              type Write
        POST   {type}/new                              type Write
        GET    {type}/import                           type Write
        POST   {type}/import                           type Write
        POST   {type}/import/plan                      type Write
        POST   {type}/import/commit                    type Write
        POST   {type}/bulk                             type Write
        POST   {type}/bulk-move                        type Read
        GET    {type}/{number}                         record Read
        GET    {type}/{number}/history                 record Read
        GET    {type}/{number}/edit                    record Write
        POST   {type}/{number}/edit                    record Write
        POST   {type}/{number}/move/{transition}       record Read
        POST   {type}/{number}/comment                 record Read
        POST   {type}/{number}/watch                   record Read
        POST   {type}/{number}/link                    record Write
        POST   {type}/{number}/unlink/{link}           record Write
        POST   {type}/{number}/evidence                record Write
        POST   {type}/{number}/withdraw/{evidence}     record Write
        POST   {type}/{number}/archive                 record Administer
        POST   {type}/{number}/restore                 record Administer
        GET    /api/v1{type}                           type Read
        POST   /api/v1{type}                           type Write
        GET    /api/v1{type}/{number}                  record Read
        PATCH  /api/v1{type}/{number}                  record Write
        POST   /api/v1{type}/{number}/transitions/{transition} record Read
        GET    /api/v1{type}/{number}/history          record Read
        GET    /api/v1{type}/{number}/links            record Read
        POST   /api/v1{type}/{number}/links            record Write
        GET    /api/v1{type}/{number}/evidence         record Read
        GET    /api/v1{type}/{number}/comments         record Read
        POST   /api/v1{type}/{number}/comments         record Read
        POST   /api/v1{type}/import                    type Write
        GET    /api/v1{type}/export                    type Read
        POST   /api/v1{type}/bulk                      type Write
        POST   /api/v1{type}/bulk-move                 type Read
        POST   /api/v1{type}/{number}/evidence         record Write
        POST   /api/v1{type}/{number}/evidence/{evidence}/withdraw record Write
        DELETE /api/v1{type}/{number}/links/{link}     record Write
        PUT    /api/v1{type}/{number}/watch            record Read
        DELETE /api/v1{type}/{number}/watch            record Read
        POST   /api/v1{type}/{number}/archive          record Administer
        POST   /api/v1{type}/{number}/restore          record Administer
        GET    /api/v1/standard                        standard Read
        GET    /api/v1/standard/outputs/{code}         standard Read
        GET    /api/v1/standard/outputs/{code}/pack    evidence Read
        GET    /api/v1/work                            anybody
        GET    /api/v1/logs/histogram                  logs Read
        GET    /api/v1/logs/top                        logs Read
        GET    /api/v1/logs/events/{segment}/{row}     logs Read
        POST   /api/v1/logs/evidence                   logs Read
        POST   /api/v1/monitoring/alerts/{number}/incident logs Read
        POST   /logs/search/evidence                   logs Read
        GET    /api/v1/me                              anybody
        GET    /api/v1/types                           anybody
        GET    /api/v1/search                          anybody
        GET    /api/v1/pick/{type}                     anybody
        GET    /api/v1/openapi.json                    anybody
        GET    /api/v1/logs/receiving                  logs Read
        GET    /api/v1/logs/following                  logs Read
        GET    /api/v1/logs/reading                    logs Read
        PUT    /api/v1/logs/databases/{number}/password logs Write
        POST   /api/v1/logs/databases/{number}/trial   logs Write
        POST   /logs/database-password                 logs Write
        POST   /logs/database-trial                    logs Write
        GET    /logs/decoder-trial                     logs Read
        POST   /logs/decoder-trial                     logs Read
        GET    /logs/decoder-file                      logs Read
        POST   /logs/decoder-file                      logs Write
        GET    /api/v1/logs/decoder-file               logs Read
        POST   /api/v1/logs/decoder-file               logs Write
        POST   /api/v1/logs/decoder-trial              logs Read
        GET    /logs/mapping-trial                     logs Read
        POST   /logs/mapping-trial                     logs Read
        GET    /logs/mapping-file                      logs Read
        POST   /logs/mapping-file                      logs Write
        GET    /api/v1/logs/mapping-file               logs Read
        POST   /api/v1/logs/mapping-file               logs Write
        POST   /api/v1/logs/mapping-trial              logs Read
        GET    /api/v1/logs/sources                    logs Read
        GET    /api/v1/logs/storage                    logs Read
        GET    /api/v1/logs/search                     logs Read
        GET    /api/v1/logs/time                       logs Read
        GET    /api/v1/logs/time/checks                logs Read
        POST   /api/v1/logs/time/checks                logs Write
        POST   /api/v1/logs/time/sources/{number}/check logs Write
        POST   /api/v1/logs/time/reviews               logs Write
        POST   /api/v1/logs/events                     logs Write
        POST   /api/v1/logs/import                     logs Write
        GET    /api/v1/intake/elastic                  logs Write
        HEAD   /api/v1/intake/elastic                  logs Write
        POST   /api/v1/intake/elastic/_bulk            logs Write
        POST   /api/v1/intake/elastic/{index}/_bulk    logs Write
        PUT    /api/v1/intake/elastic/_bulk            logs Write
        PUT    /api/v1/intake/elastic/{index}/_bulk    logs Write
        GET    /api/v1/intake/elastic/_license         logs Write
        GET    /api/v1/intake/elastic/_xpack           logs Write
        GET    /api/v1/intake/elastic/_cluster/health  logs Write
        GET    /api/v1/intake/elastic/_nodes           logs Write
        GET    /api/v1/intake/elastic/_nodes/{what}    logs Write
        GET    /api/v1/intake/elastic/_ingest/pipeline logs Write
        GET    /api/v1/intake/elastic/_ilm/policy/{name} logs Write
        HEAD   /api/v1/intake/elastic/_ilm/policy/{name} logs Write
        PUT    /api/v1/intake/elastic/_ilm/policy/{name} logs Write
        GET    /api/v1/intake/elastic/_index_template/{name} logs Write
        HEAD   /api/v1/intake/elastic/_index_template/{name} logs Write
        PUT    /api/v1/intake/elastic/_index_template/{name} logs Write
        GET    /api/v1/intake/elastic/_template/{name} logs Write
        HEAD   /api/v1/intake/elastic/_template/{name} logs Write
        PUT    /api/v1/intake/elastic/_template/{name} logs Write
        GET    /api/v1/intake/elastic/_component_template/{name} logs Write
        HEAD   /api/v1/intake/elastic/_component_template/{name} logs Write
        PUT    /api/v1/intake/elastic/_component_template/{name} logs Write
        GET    /api/v1/intake/elastic/_ingest/pipeline/{name} logs Write
        HEAD   /api/v1/intake/elastic/_ingest/pipeline/{name} logs Write
        PUT    /api/v1/intake/elastic/_ingest/pipeline/{name} logs Write
        GET    /api/v1/intake/elastic/_data_stream/{name} logs Write
        HEAD   /api/v1/intake/elastic/_data_stream/{name} logs Write
        PUT    /api/v1/intake/elastic/_data_stream/{name} logs Write
        POST   /services/collector                     logs Write
        POST   /services/collector/event               logs Write
        POST   /services/collector/event/1.0           logs Write
        POST   /services/collector/raw                 logs Write
        POST   /services/collector/raw/1.0             logs Write
        POST   /services/collector/ack                 logs Write
        GET    /services/collector/health              nothing
        GET    /services/collector/health/1.0          nothing
        POST   /v1/logs                                logs Write
        GET    /api/v1/working-days                    T8 Read
        GET    /                                       anybody
        GET    /notices                                anybody
        POST   /notices/read                           anybody
        POST   /my/calendar                            anybody
        GET    /calendar/{secret}.ics                  nothing
        GET    /language                               nothing
        GET    /theme                                  nothing
        GET    /health                                 nothing
        GET    /search                                 anybody
        POST   /drafts/{type}/{number}                 anybody
        POST   /drafts/{type}/{number}/discard         anybody
        GET    /evidence/{id}/file                     anybody
        GET    /standard                               standard Read
        GET    /standard/items                         standard Read
        GET    /standard/editions                      standard Read
        GET    /standard/tasks/{code}                  standard Read
        GET    /standard/outputs/{code}                standard Read
        GET    /standard/outputs/{code}/pack           evidence Read
        GET    /ledger                                 ledger Read
        POST   /ledger/verify                          ledger Read
        GET    /ledger/checkpoint                      ledger Read
        GET    /ledger/verifier-key                    ledger Read
        GET    /ledger/{position}                      ledger Read
        GET    /ledger/{position}/proof                ledger Read
        GET    /ledger/anchors/{size}                  ledger Read
        GET    /ledger/anchors/{size}/timestamp        ledger Read
        GET    /api/v1/ledger/checkpoint               ledger Read
        GET    /api/v1/ledger/tile/{path}              ledger Read
        POST   /api/v1/ledger/cosignatures             ledger Administer
        GET    /logs/search                            logs Read
        GET    /logs/search/field                      logs Read
        GET    /logs/tail                              logs Read
        GET    /logs/entities                          logs Read
        GET    /logs/events/{segment}/{row}/around     logs Read
        GET    /logs/exports                           logs Read
        POST   /logs/exports                           logs Read
        POST   /logs/exports/{run}/cancel              logs Read
        GET    /logs/exports/{run}/file                logs Read
        GET    /api/v1/logs/fields                     logs Read
        GET    /api/v1/logs/tail                       logs Read
        GET    /api/v1/logs/entities                   logs Read
        GET    /api/v1/logs/events/{segment}/{row}/around logs Read
        GET    /logs/saved/{number}/run                logs Read
        POST   /logs/saved/{number}/test               logs Read
        POST   /logs/saved/{number}/tie                logs Read
        GET    /api/v1/logs/saved/{number}/results     logs Read
        POST   /api/v1/logs/saved/{number}/test        logs Read
        POST   /api/v1/logs/saved/{number}/tie         logs Read
        GET    /api/v1/logs/exports                    logs Read
        POST   /api/v1/logs/exports                    logs Read
        GET    /api/v1/logs/exports/{run}              logs Read
        GET    /api/v1/logs/exports/{run}/file         logs Read
        POST   /api/v1/logs/exports/{run}/cancel       logs Read
        GET    /logs/hunts                             logs Read
        POST   /logs/hunts                             logs Read
        POST   /logs/hunts/estimate                    logs Read
        POST   /logs/hunts/settings                    logs Write
        GET    /logs/hunts/{hunt}                      logs Read
        GET    /logs/hunts/{hunt}/file                 logs Read
        POST   /logs/hunts/{hunt}/cancel               logs Read
        POST   /logs/hunts/{hunt}/delete               logs Read
        POST   /logs/hunts/{hunt}/alerts               logs Write
        GET    /api/v1/logs/hunts                      logs Read
        POST   /api/v1/logs/hunts                      logs Read
        POST   /api/v1/logs/hunts/estimate             logs Read
        GET    /api/v1/logs/hunts/settings             logs Read
        PUT    /api/v1/logs/hunts/settings             logs Write
        GET    /api/v1/logs/hunts/{hunt}               logs Read
        GET    /api/v1/logs/hunts/{hunt}/hits          logs Read
        GET    /api/v1/logs/hunts/{hunt}/file          logs Read
        POST   /api/v1/logs/hunts/{hunt}/cancel        logs Read
        POST   /api/v1/logs/hunts/{hunt}/alerts        logs Write
        DELETE /api/v1/logs/hunts/{hunt}               logs Read
        GET    /logs/rules                             logs Read
        GET    /logs/rules/file                        logs Read
        GET    /logs/rules/rule                        logs Read
        POST   /logs/rules/switch                      logs Write
        GET    /logs/rules/editor                      logs Write
        POST   /logs/rules/editor                      logs Write
        POST   /logs/rules/editor/preview              logs Write
        POST   /logs/rules/editor/check                logs Write
        POST   /logs/rule-packs/{number}/import        logs Write
        POST   /logs/rule-exceptions/{number}/trial    logs Write
        GET    /logs/alerts/{number}/exception         logs Write
        GET    /logs/attack                            logs Read
        GET    /logs/indicators                        logs Read
        POST   /logs/indicator-lists/{number}/import   logs Write
        GET    /logs/attack/layer                      logs Read
        GET    /api/v1/logs/rules                      logs Read
        GET    /api/v1/logs/rules/rule                 logs Read
        POST   /api/v1/logs/rules/check                logs Read
        POST   /api/v1/logs/rules/preview              logs Read
        POST   /api/v1/logs/rules/switch               logs Write
        POST   /api/v1/logs/rule-packs/{number}/import logs Write
        GET    /api/v1/logs/rule-pack-versions/{number}/diff logs Read
        POST   /api/v1/logs/rule-exceptions/{number}/trial logs Write
        GET    /api/v1/logs/attack                     logs Read
        GET    /api/v1/logs/indicators                 logs Read
        POST   /api/v1/logs/indicator-lists/{number}/import logs Write
        GET    /api/v1/logs/indicator-lists/{number}/sightings logs Read
        GET    /api/v1/logs/indicator-versions/{number}/diff logs Read
        GET    /api/v1/logs/attack/layer               logs Read
        GET    /logs/sources                           logs Read
        GET    /logs/storage                           logs Read
        GET    /logs/coverage                          logs Read
        POST   /logs/coverage/gap                      logs Write
        POST   /logs/coverage/defaults                 logs Write
        POST   /logs/coverage/evidence                 logs Read
        GET    /logs/connect                           logs Read
        GET    /api/v1/logs/coverage                   logs Read
        POST   /api/v1/logs/coverage/gaps              logs Write
        POST   /api/v1/logs/coverage/evidence          logs Read
        POST   /api/v1/logs/coverage/defaults          logs Write
        GET    /logs/events/{segment}/{row}            logs Read
        POST   /logs/evidence                          logs Read
        POST   /logs/alerts/{number}/incident          logs Read
        GET    /logs/time                              logs Read
        POST   /logs/time/import                       logs Write
        POST   /logs/time/check                        logs Write
        POST   /logs/time/suggested                    logs Write
        POST   /logs/time/review                       logs Write
        GET    /logs/reporting                         logs Read
        POST   /logs/reporting                         logs Write
        POST   /logs/reports/{number}/recompute        logs Read
        GET    /logs/reports/{number}/file             logs Read
        POST   /api/v1/logs/report-drafts              logs Write
        GET    /api/v1/logs/reports/{number}/facts     logs Read
        GET    /api/v1/logs/reports/{number}/file      logs Read
        POST   /api/v1/logs/reports/{number}/recompute logs Read
        GET    /logs/import                            logs Write
        POST   /logs/import                            logs Write
        GET    /compliance/law                         T8 Read
        POST   /compliance/law                         T8 Write
        GET    /compliance/events                      T8 Read
        POST   /compliance/events                      T8 Write
        GET    /compliance/working-days                T8 Read
        POST   /compliance/working-days                T8 Write
        POST   /compliance/working-days/load           T8 Write
        POST   /compliance/working-days/{id}/delete    T8 Write
        GET    /setup                                  nothing
        POST   /setup                                  nothing
        GET    /sign-in                                nothing
        POST   /sign-in                                nothing
        GET    /sign-in/code                           nothing
        POST   /sign-in/code                           nothing
        GET    /sign-in/link                           nothing
        POST   /sign-in/link                           nothing
        POST   /sign-in/passkey/options                nothing
        POST   /sign-in/passkey                        nothing
        POST   /sign-out                               nothing
        GET    /account                                person
        POST   /account                                person
        GET    /account/password                       person
        POST   /account/password                       person
        POST   /account/passkeys/options               person
        POST   /account/passkeys                       person
        POST   /account/passkeys/{id}/rename           person
        POST   /account/passkeys/{id}/remove           person
        POST   /account/authenticator                  person
        POST   /account/authenticator/confirm          person
        POST   /account/authenticator/off              person
        POST   /account/recovery-codes                 person
        GET    /account/tokens/new                     person
        POST   /account/tokens/new                     person
        POST   /account/tokens/{id}/revoke             person
        POST   /account/sign-out-everywhere            person
        GET    /admin/people                           admin Read
        GET    /admin/people/{id}                      admin Read
        GET    /admin/people/new                       admin Administer
        POST   /admin/people/new                       admin Administer
        POST   /admin/people/{id}                      admin Administer
        POST   /admin/people/{id}/link                 admin Administer
        POST   /admin/people/{id}/password             admin Administer
        POST   /admin/people/{id}/unlock               admin Administer
        POST   /admin/people/{id}/second-factor        admin Administer
        POST   /admin/people/{id}/deactivate           admin Administer
        POST   /admin/people/{id}/reactivate           admin Administer
        POST   /admin/people/{id}/roles                admin Administer
        POST   /admin/people/{id}/roles/{role}/remove  admin Administer
        POST   /admin/people/{id}/tokens/{token}/revoke admin Administer
        GET    /admin/units                            admin Read
        GET    /admin/units/new                        admin Administer
        POST   /admin/units/new                        admin Administer
        GET    /admin/units/{id}                       admin Administer
        POST   /admin/units/{id}                       admin Administer
        POST   /admin/units/{id}/delete                admin Administer
        GET    /admin/roles                            admin Read
        GET    /admin/roles/{id}                       admin Read
        GET    /admin/roles/new                        admin Administer
        POST   /admin/roles/new                        admin Administer
        POST   /admin/roles/{id}                       admin Administer
        POST   /admin/roles/{id}/delete                admin Administer
        GET    /loading                                nothing
        GET    /denied                                 refused
        GET    /help/api                               anybody
        GET    /people/{id}/competence                 competence Read
        GET    /people/{id}/competence/export          competence Read
        GET    /account/notices                        person
        POST   /account/notices                        person
        GET    /admin/people/import                    admin Administer
        GET    /admin/people/import/template           admin Administer
        POST   /admin/people/import                    admin Administer
        POST   /admin/people/import/commit             admin Administer
        GET    /admin/jobs                             jobs Read
        GET    /admin/jobs/{id}                        jobs Read
        GET    /admin/jobs/{key}                       jobs Read
        POST   /admin/jobs/{id}/cancel                 jobs Administer
        POST   /admin/jobs/{key}/run                   jobs Administer
        POST   /admin/jobs/{key}/pause                 jobs Administer
        POST   /admin/jobs/{key}/resume                jobs Administer
        POST   /admin/jobs/{key}/schedule              jobs Administer
        POST   /admin/jobs/{key}/reset                 jobs Administer
        GET    /admin/webhooks                         webhooks Read
        GET    /admin/webhooks/{id}                    webhooks Read
        GET    /admin/webhooks/new                     webhooks Administer
        POST   /admin/webhooks/new                     webhooks Administer
        POST   /admin/webhooks/{id}                    webhooks Administer
        POST   /admin/webhooks/{id}/secret             webhooks Administer
        POST   /admin/webhooks/{id}/test               webhooks Administer
        POST   /admin/webhooks/{id}/disable            webhooks Administer
        POST   /admin/webhooks/{id}/enable             webhooks Administer
        POST   /admin/webhooks/{id}/delete             webhooks Administer
        POST   /admin/webhooks/{id}/deliveries/{delivery}/resend webhooks Administer
        GET    /admin/mail                             jobs Read
        POST   /admin/mail                             jobs Administer
        POST   /admin/mail/test                        jobs Administer
        POST   /admin/mail/{id}/retry                  jobs Administer
        GET    /admin/ledger                           ledger Read
        POST   /admin/ledger                           ledger Administer
        POST   /admin/ledger/run                       ledger Administer
        POST   /admin/ledger/cosignatures              ledger Administer
        GET    /admin/denials                          admin Read
        GET    /admin/settings                         admin Read
        POST   /admin/settings                         admin Administer
        GET    /admin/custom-fields                    admin Read
        GET    /admin/custom-fields/new                admin Administer
        POST   /admin/custom-fields/new                admin Administer
        GET    /admin/custom-fields/{id}               admin Administer
        POST   /admin/custom-fields/{id}               admin Administer
        POST   /admin/custom-fields/{id}/delete        admin Administer
        """;

    public static IReadOnlyDictionary<(string Method, string Pattern), AddressRule> All { get; } = Lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Read).ToDictionary(r => (r.Method, r.Pattern));

    private static AddressRule Read(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var right = words.Length > 3 ? Enum.Parse<Right>(words[3]) : Right.None;
        var need = words[2] switch { "nothing" => Need.Nothing, "anybody" => Need.Anybody, "refused" => Need.Refused, "person" => Need.Person, "type" => Need.Type, "record" => Need.Record, _ => Need.Area };
        return new AddressRule(words[0], words[1], need, words[2], right);
    }
}
